"""Portfolio: balances, values, shares and their history.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any, Literal

from hbmcp.times import to_milliseconds
from hummingbot_api.api import portfolio as portfolio_api
from hummingbot_api.models.portfolio import (
    PortfolioDistributionFilterRequest,
    PortfolioHistoryFilterRequest,
    PortfolioStateFilterRequest,
)
from hummingbot_api.models.shared import PaginatedResponse
from hummingbot_api.request import Request


def get_portfolio_state(
    *,
    account_name: str | None = None,
) -> Request[dict[str, dict[str, list[dict[str, Any]]]]]:
    """Balances and values of every account and exchange, fetched now; totals and shares are in
    get_portfolio_distribution.

    POST /portfolio/state, risk: read.
    """
    return portfolio_api.get_portfolio_state(
        body=PortfolioStateFilterRequest(
            account_names=None if account_name is None else [account_name],
            skip_gateway=True,
            refresh=True,
        )
    )


def get_portfolio_distribution(
    *,
    account_name: str | None = None,
) -> Request[Any]:
    """Portfolio worth: total and each token's share in percent.

    POST /portfolio/distribution, risk: read.
    """
    return portfolio_api.get_portfolio_distribution(
        body=PortfolioDistributionFilterRequest(
            account_names=None if account_name is None else [account_name],
        )
    )


def get_accounts_distribution() -> Request[Any]:
    """Total worth and share in percent by account and exchange.

    GET /portfolio/accounts-distribution, risk: read.
    """
    return portfolio_api.get_accounts_distribution()


def get_portfolio_history(
    *,
    limit: int = 100,
    start_time: str | None = None,
    end_time: str | None = None,
    account_name: str | None = None,
    interval: Literal["5m", "15m", "30m", "1h", "4h", "12h", "1d"] = "1h",
) -> Request[PaginatedResponse]:
    """Past balances and values, newest first, for P&L, change and drawdown over a period.

    POST /portfolio/history, risk: read.

    Args:
        start_time: e.g. 24h, or UTC time
    """
    return portfolio_api.get_portfolio_history(
        body=PortfolioHistoryFilterRequest(
            limit=limit,
            start_time=to_milliseconds(start_time),
            end_time=to_milliseconds(end_time),
            account_names=None if account_name is None else [account_name],
            interval=interval,
        )
    )
