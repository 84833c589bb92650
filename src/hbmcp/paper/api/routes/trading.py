"""Orders, fills, positions, position mode, leverage and funding payments."""

from collections.abc import Callable
from typing import TypeVar

from hbmcp.paper.api.routes.base import Call, Json, Refusal, Routes, connected, moment, page
from hbmcp.paper.api.routes.credentials import no_connector
from hbmcp.paper.errors import (
    BadValue,
    ExchangeRefused,
    NotConnected,
    NotPerpetual,
    UnknownAccount,
    UnknownExchange,
    UnknownPair,
)
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.exchange.records import RESTING, Fill, FundingPayment, Order, Position
from hbmcp.paper.market.clock import iso

T = TypeVar("T")
STATUSES = ("OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "FAILED")
UNKNOWN = "UNKNOWN"


def place_order(call: Call) -> Json:
    """Accepted here; what the exchange made of it shows afterwards, in the order's status."""
    wanted = call.body
    try:
        order = call.engine.place(
            wanted["account_name"],
            wanted["connector_name"],
            wanted["trading_pair"],
            wanted["trade_type"],
            wanted["amount"],
            wanted["order_type"],
            wanted["price"],
            wanted["position_action"],
        )
    except (UnknownExchange, NotConnected) as error:
        raise Refusal(500, f"Unexpected error placing trade: {no_connector(error)}") from None
    return {
        "order_id": order.id,
        **{name: wanted[name] for name in ("account_name", "connector_name", "trading_pair", "trade_type")},
        "amount": f"{wanted['amount']:f}",
        "order_type": wanted["order_type"],
        "price": None if wanted["price"] is None else f"{wanted['price']:f}",
        "status": "submitted",
    }


def cancel_order(call: Call) -> Json:
    order_id = call.path["client_order_id"]
    try:
        call.engine.cancel(call.path["account_name"], call.path["connector_name"], order_id)
    except (UnknownExchange, NotConnected) as error:
        raise Refusal(500, f"Error cancelling order: {no_connector(error)}") from None
    return {"message": f"Order cancellation initiated for {order_id}"}


def active_orders(call: Call) -> Json:
    wanted = call.body
    orders = [
        order
        for account, exchange in connected(call.engine, wanted["account_names"], wanted["connector_names"])
        for order in call.engine.orders(
            accounts=[account], exchanges=[exchange], pairs=wanted["trading_pairs"] or None, statuses=RESTING
        )
    ]
    orders.sort(key=lambda order: order.id)
    return _page(call, orders, lambda order: order.id, _order)


def search_orders(call: Call) -> Json:
    """A refused order has lost its pair, so filters by pair hide it, as in the real API."""
    wanted = call.body
    status, pairs = wanted["status"], wanted["trading_pairs"]
    if status is not None and status not in STATUSES:
        return _page(call, [], str, str)
    orders = call.engine.orders(
        accounts=wanted["account_names"] or None,
        exchanges=wanted["connector_names"] or None,
        statuses=None if status is None else [status],
        start=moment(wanted["start_time"]),
        end=moment(wanted["end_time"]),
    )
    shown = [order for order in orders if not pairs or _shown_pair(order) in pairs]
    return _page(call, shown, lambda order: order.id, _order)


def trades(call: Call) -> Json:
    wanted = call.body
    fills = call.engine.fills(
        accounts=wanted["account_names"] or None,
        exchanges=wanted["connector_names"] or None,
        pairs=wanted["trading_pairs"] or None,
        sides=wanted["trade_types"] or None,
        start=moment(wanted["start_time"]),
        end=moment(wanted["end_time"]),
    )
    return _page(call, fills, lambda fill: f"{iso(fill.at)}:{fill.id}", _trade)


def positions(call: Call) -> Json:
    wanted = call.body
    found = [
        position
        for account, exchange in connected(call.engine, wanted["account_names"], wanted["connector_names"])
        for position in call.engine.positions(account, exchange)
    ]
    return _page(call, found, lambda one: f"{one.account}:{one.exchange}:{one.pair}:{one.side}", _position)


def funding_payments(call: Call) -> Json:
    wanted = call.body
    payments = call.engine.funding_payments(
        accounts=wanted["account_names"] or None,
        exchanges=wanted["connector_names"] or None,
        pairs=[wanted["trading_pair"]] if wanted["trading_pair"] else None,
        start=moment(wanted["start_time"]),
        end=moment(wanted["end_time"]),
    )
    return _page(call, payments, lambda payment: payment.id, _payment)


def position_mode(call: Call) -> Json:
    account, connector = call.path["account_name"], call.path["connector_name"]
    mode = _perpetual(call, lambda engine: engine.position_mode(account, connector), "get position mode")
    return {"position_mode": mode, "connector": connector, "account": account}


def set_position_mode(call: Call) -> Json:
    """The real API only asks the exchange to change, and says success although positions or orders keep it from it."""
    account, connector, mode = call.path["account_name"], call.path["connector_name"], call.body["position_mode"]
    if mode not in ("HEDGE", "ONEWAY"):
        raise Refusal(400, f"Invalid position mode '{mode}'. Must be 'HEDGE' or 'ONEWAY'")
    _perpetual(call, lambda engine: engine.set_position_mode(account, connector, mode), "set position mode")
    return {"status": "success", "message": f"Position mode set to {mode} on {connector}"}


def set_leverage(call: Call) -> Json:
    account, connector = call.path["account_name"], call.path["connector_name"]
    pair, leverage = call.body["trading_pair"], call.body["leverage"]
    _perpetual(call, lambda engine: engine.set_leverage(account, connector, pair, leverage), "set leverage")
    return {"status": "success", "message": f"Leverage for {pair} set to {leverage} on {connector}"}


def _perpetual(call: Call, ask: Callable[[Engine], T], what: str) -> T:
    """What the engine answers about a perpetual exchange, or how the real API says no."""
    account, connector = call.path["account_name"], call.path["connector_name"]
    if account not in call.engine.accounts():
        raise UnknownAccount(account)
    if not connector.endswith("_perpetual"):
        raise NotPerpetual(connector)
    try:
        return ask(call.engine)
    except UnknownPair as error:
        raise Refusal(500, f"Failed to {what}: '{error.pair}'") from None
    except (BadValue, ExchangeRefused) as error:
        raise Refusal(500, f"Failed to {what}: {error}") from None
    except (UnknownExchange, NotConnected) as error:
        raise Refusal(500, f"Failed to {what}: {no_connector(error)}") from None


def _page(call: Call, rows: list[T], name: Callable[[T], str], shown: Callable[[T], Json]) -> Json:
    found, pagination = page(rows, call.body["limit"], call.body["cursor"], name)
    return {"data": [shown(row) for row in found], "pagination": pagination}


def _shown_pair(order: Order) -> str:
    return UNKNOWN if order.status == "FAILED" else order.pair


def _order(order: Order) -> Json:
    refused, filled = order.status == "FAILED", order.filled > 0
    return {
        "order_id": order.id,
        "account_name": order.account,
        "connector_name": order.exchange,
        "trading_pair": _shown_pair(order),
        "trade_type": UNKNOWN if refused else order.side,
        "order_type": UNKNOWN if refused else order.type,
        "amount": 0.0 if refused else order.amount,
        "price": None if refused else order.price,
        "status": order.status,
        "filled_amount": order.filled,
        "average_fill_price": order.average_price,
        "fee_paid": order.fee if filled else None,
        "fee_currency": order.fee_currency if filled else None,
        "created_at": iso(order.created),
        "updated_at": iso(order.updated),
        "exchange_order_id": order.exchange_id,
        "error_message": order.error,
    }


def _trade(fill: Fill) -> Json:
    return {
        "trade_id": fill.id,
        "order_id": fill.order_id,
        "account_name": fill.account,
        "connector_name": fill.exchange,
        "trading_pair": fill.pair,
        "trade_type": fill.side,
        "amount": fill.amount,
        "price": fill.price,
        "fee_paid": fill.fee,
        "fee_currency": fill.fee_currency,
        "timestamp": iso(fill.at),
    }


def _position(position: Position) -> Json:
    return {
        "account_name": position.account,
        "connector_name": position.exchange,
        "trading_pair": position.pair,
        "side": position.side,
        "amount": position.amount,
        "entry_price": position.entry,
        "unrealized_pnl": position.unrealized,
        "leverage": float(position.leverage),
    }


def _payment(payment: FundingPayment) -> Json:
    return {
        "funding_payment_id": payment.id,
        "account_name": payment.account,
        "connector_name": payment.exchange,
        "trading_pair": payment.pair,
        "funding_rate": payment.rate,
        "funding_payment": payment.payment,
        "fee_currency": payment.currency,
        "timestamp": iso(payment.at),
    }


ROUTES: Routes = {
    "POST /trading/orders": place_order,
    "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel": cancel_order,
    "POST /trading/orders/active": active_orders,
    "POST /trading/orders/search": search_orders,
    "POST /trading/trades": trades,
    "POST /trading/positions": positions,
    "POST /trading/funding-payments": funding_payments,
    "GET /trading/{account_name}/{connector_name}/position-mode": position_mode,
    "POST /trading/{account_name}/{connector_name}/position-mode": set_position_mode,
    "POST /trading/{account_name}/{connector_name}/leverage": set_leverage,
}
