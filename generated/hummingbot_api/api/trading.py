from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.shared import PaginatedResponse
from hummingbot_api.models.trading import (
    ActiveOrderFilterRequest,
    FundingPaymentFilterRequest,
    LeverageRequest,
    OrderFilterRequest,
    PositionFilterRequest,
    PositionModeRequest,
    TradeFilterRequest,
    TradeRequest,
    TradeResponse,
)
from hummingbot_api.request import Request


def cancel_order(account_name: str, connector_name: str, client_order_id: str) -> Request[Any]:
    """Ask the exchange to cancel an open order.

    POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel
    """
    return Request(
        "POST",
        encode.path("/trading/{}/{}/orders/{}/cancel", account_name, connector_name, client_order_id),
        parse=decode.anything,
    )


def get_active_orders(body: ActiveOrderFilterRequest) -> Request[PaginatedResponse]:
    """Resting orders placed through this API, part-filled ones included.

    POST /trading/orders/active
    """
    return Request("POST", "/trading/orders/active", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def get_funding_payments(body: FundingPaymentFilterRequest) -> Request[PaginatedResponse]:
    """Funding paid and received on perpetuals; rates are in get_funding_rates.

    POST /trading/funding-payments
    """
    return Request("POST", "/trading/funding-payments", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def get_orders(body: OrderFilterRequest) -> Request[PaginatedResponse]:
    """Orders of any status, newest first; FAILED has the exchange's reason. Refused orders are stored with
    pair UNKNOWN, so trading_pair hides them.

    POST /trading/orders/search
    """
    return Request("POST", "/trading/orders/search", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def get_position_mode(account_name: str, connector_name: str) -> Request[Any]:
    """ONEWAY or HEDGE (long and short at once).

    GET /trading/{account_name}/{connector_name}/position-mode
    """
    return Request(
        "GET", encode.path("/trading/{}/{}/position-mode", account_name, connector_name), parse=decode.anything
    )


def get_positions(body: PositionFilterRequest) -> Request[PaginatedResponse]:
    """Open perpetual positions with entry price and unrealized P&L; a negative amount is a short.

    POST /trading/positions
    """
    return Request("POST", "/trading/positions", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def get_trades(body: TradeFilterRequest) -> Request[PaginatedResponse]:
    """Fills, newest first, with amount, price and fee.

    POST /trading/trades
    """
    return Request("POST", "/trading/trades", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def place_trade(body: TradeRequest) -> Request[TradeResponse]:
    """Send a buy or sell order; acceptance shows only afterwards, under its order_id in get_order_history.
    Balance isn't checked; minimum sizes are in get_trading_rules.

    POST /trading/orders
    """
    return Request("POST", "/trading/orders", json=body.to_dict(), parse=TradeResponse.from_dict)


def set_leverage(account_name: str, connector_name: str, body: LeverageRequest) -> Request[Any]:
    """Set a perpetual pair's leverage, also of its open position: higher brings liquidation closer.

    POST /trading/{account_name}/{connector_name}/leverage
    """
    return Request(
        "POST",
        encode.path("/trading/{}/{}/leverage", account_name, connector_name),
        json=body.to_dict(),
        parse=decode.anything,
    )


def set_position_mode(account_name: str, connector_name: str, body: PositionModeRequest) -> Request[Any]:
    """Switch between one-way and hedge mode. Needs a pair from add_trading_pair and no open position or
    order.

    POST /trading/{account_name}/{connector_name}/position-mode
    """
    return Request(
        "POST",
        encode.path("/trading/{}/{}/position-mode", account_name, connector_name),
        json=body.to_dict(),
        parse=decode.anything,
    )
