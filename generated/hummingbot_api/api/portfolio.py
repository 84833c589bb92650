from typing import Any

from hummingbot_api import decode
from hummingbot_api.models.portfolio import (
    PortfolioDistributionFilterRequest,
    PortfolioHistoryFilterRequest,
    PortfolioStateFilterRequest,
)
from hummingbot_api.models.shared import PaginatedResponse
from hummingbot_api.request import Request


def get_accounts_distribution() -> Request[Any]:
    """Total worth and share in percent by account and exchange.

    GET /portfolio/accounts-distribution
    """
    return Request("GET", "/portfolio/accounts-distribution", parse=decode.anything)


def get_portfolio_distribution(body: PortfolioDistributionFilterRequest) -> Request[Any]:
    """Portfolio worth: total and each token's share in percent.

    POST /portfolio/distribution
    """
    return Request("POST", "/portfolio/distribution", json=body.to_dict(), parse=decode.anything)


def get_portfolio_history(body: PortfolioHistoryFilterRequest) -> Request[PaginatedResponse]:
    """Past balances and values, newest first, for P&L, change and drawdown over a period.

    POST /portfolio/history
    """
    return Request("POST", "/portfolio/history", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def get_portfolio_state(body: PortfolioStateFilterRequest) -> Request[dict[str, dict[str, list[dict[str, Any]]]]]:
    """Balances and values of every account and exchange, fetched now; totals and shares are in
    get_portfolio_distribution.

    POST /portfolio/state
    """
    return Request(
        "POST",
        "/portfolio/state",
        json=body.to_dict(),
        parse=decode.mapping(decode.mapping(decode.array(decode.mapping(decode.anything)))),
    )
