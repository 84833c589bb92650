"""Trading: orders, fills, positions and leverage.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any, Literal

from hbmcp.times import to_milliseconds
from hummingbot_api.api import connectors as connectors_api
from hummingbot_api.api import trading as trading_api
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


def submit_order(
    *,
    account_name: str,
    connector_name: str,
    trading_pair: str,
    side: Literal["BUY", "SELL"],
    amount: Decimal,
    order_type: Literal["LIMIT", "MARKET", "LIMIT_MAKER"] | None = None,
    price: Decimal | None = None,
    position_action: Literal["OPEN", "CLOSE"] | None = None,
) -> Request[TradeResponse]:
    """Send a buy or sell order; acceptance shows only afterwards, under its order_id in get_order_history. Balance
    isn't checked; minimum sizes are in get_trading_rules.

    POST /trading/orders, risk: trade.

    Args:
        amount: Base units
        order_type: LIMIT_MAKER: post-only
        price: Needed unless MARKET
        position_action: CLOSE reduces a perpetual position
    """
    return trading_api.place_trade(
        body=TradeRequest(
            account_name=account_name,
            connector_name=connector_name,
            trading_pair=trading_pair,
            trade_type=side,
            amount=amount,
            order_type=order_type,
            price=price,
            position_action=position_action,
        )
    )


def submit_cancel(
    *,
    account_name: str,
    connector_name: str,
    order_id: str,
) -> Request[Any]:
    """Ask the exchange to cancel an open order.

    POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel, risk: trade.

    Args:
        order_id: As get_open_orders shows it
    """
    return trading_api.cancel_order(
        account_name=account_name,
        connector_name=connector_name,
        client_order_id=order_id,
    )


def list_active_orders(
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> Request[PaginatedResponse]:
    """Resting orders placed through this API, part-filled ones included.

    POST /trading/orders/active, risk: read.
    """
    return trading_api.get_active_orders(
        body=ActiveOrderFilterRequest(
            limit=1000,
            account_names=None if account_name is None else [account_name],
            connector_names=None if connector_name is None else [connector_name],
            trading_pairs=None if trading_pair is None else [trading_pair],
        )
    )


def search_orders(
    *,
    limit: int = 50,
    start_time: str | None = None,
    end_time: str | None = None,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    status: Literal["SUBMITTED", "OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "FAILED"] | None = None,
) -> Request[PaginatedResponse]:
    """Orders of any status, newest first; FAILED has the exchange's reason. Refused orders are stored with pair
    UNKNOWN, so trading_pair hides them.

    POST /trading/orders/search, risk: read.

    Args:
        start_time: e.g. 24h, or UTC time
    """
    return trading_api.get_orders(
        body=OrderFilterRequest(
            limit=limit,
            start_time=to_milliseconds(start_time),
            end_time=to_milliseconds(end_time),
            account_names=None if account_name is None else [account_name],
            connector_names=None if connector_name is None else [connector_name],
            trading_pairs=None if trading_pair is None else [trading_pair],
            status=status,
        )
    )


def get_trades(
    *,
    limit: int | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    side: Literal["BUY", "SELL"] | None = None,
) -> Request[PaginatedResponse]:
    """Fills, newest first, with amount, price and fee.

    POST /trading/trades, risk: read.

    Args:
        start_time: e.g. 24h, or UTC time
    """
    return trading_api.get_trades(
        body=TradeFilterRequest(
            limit=limit,
            start_time=to_milliseconds(start_time),
            end_time=to_milliseconds(end_time),
            account_names=None if account_name is None else [account_name],
            connector_names=None if connector_name is None else [connector_name],
            trading_pairs=None if trading_pair is None else [trading_pair],
            trade_types=None if side is None else [side],
        )
    )


def list_positions(
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
) -> Request[PaginatedResponse]:
    """Open perpetual positions with entry price and unrealized P&L; a negative amount is a short.

    POST /trading/positions, risk: read.
    """
    return trading_api.get_positions(
        body=PositionFilterRequest(
            limit=1000,
            account_names=None if account_name is None else [account_name],
            connector_names=None if connector_name is None else [connector_name],
        )
    )


def get_funding_payments(
    *,
    account_name: str | None = None,
    trading_pair: str | None = None,
) -> Request[PaginatedResponse]:
    """Funding paid and received on perpetuals; rates are in get_funding_rates.

    POST /trading/funding-payments, risk: read.
    """
    return trading_api.get_funding_payments(
        body=FundingPaymentFilterRequest(
            limit=1000,
            account_names=None if account_name is None else [account_name],
            trading_pair=trading_pair,
        )
    )


def submit_leverage(
    *,
    account_name: str,
    connector_name: str,
    trading_pair: str,
    leverage: int,
) -> Request[Any]:
    """Set a perpetual pair's leverage, also of its open position: higher brings liquidation closer.

    POST /trading/{account_name}/{connector_name}/leverage, risk: trade.
    """
    return trading_api.set_leverage(
        account_name=account_name,
        connector_name=connector_name,
        body=LeverageRequest(
            trading_pair=trading_pair,
            leverage=leverage,
        ),
    )


def get_position_mode(
    *,
    account_name: str,
    connector_name: str,
) -> Request[Any]:
    """ONEWAY or HEDGE (long and short at once).

    GET /trading/{account_name}/{connector_name}/position-mode, risk: read.
    """
    return trading_api.get_position_mode(
        account_name=account_name,
        connector_name=connector_name,
    )


def submit_position_mode(
    *,
    account_name: str,
    connector_name: str,
    position_mode: Literal["ONEWAY", "HEDGE"],
) -> Request[Any]:
    """Switch between one-way and hedge mode. Needs a pair from add_trading_pair and no open position or order.

    POST /trading/{account_name}/{connector_name}/position-mode, risk: write.
    """
    return trading_api.set_position_mode(
        account_name=account_name,
        connector_name=connector_name,
        body=PositionModeRequest(
            position_mode=position_mode,
        ),
    )


def get_trading_rules(
    *,
    connector_name: str,
    trading_pairs: list[str] | None = None,
) -> Request[Any]:
    """Minimum order sizes and values, price and amount steps.

    GET /connectors/{connector_name}/trading-rules, risk: read.

    Args:
        trading_pairs: Omit for all
    """
    return connectors_api.get_trading_rules(
        connector_name=connector_name,
        trading_pairs=trading_pairs,
    )
