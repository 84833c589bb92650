"""How an order is shown: the same names wherever one is, so that a row can be pasted into a call."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hbmcp.figures import plain
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.orders.order import Order
from hbmcp.pairs import base_of, quote_of
from hbmcp.text import named
from hbmcp.times import utc

if TYPE_CHECKING:
    from hbmcp.store import SentOrder

KNOWN_ORDERS = "Only orders placed through this API are known to it, no bot's, and none placed elsewhere."

WORTH = (
    "A spot purchase's fee is recorded as its worth in {currency}: the exchange mostly takes it out of what was bought."
)

_SEEN = ("status", "filled_amount", "average_price", "quote_total", "fee", "fee_currency", "fills")


def which_order(order: Order) -> dict[str, Any]:
    """What tells it from others."""
    return {
        "order_id": order.order_id,
        "account_name": order.account,
        "connector_name": order.connector,
        "trading_pair": order.pair,
        "side": order.side,
    }


def order_row(order: Order) -> dict[str, Any]:
    """An order as a row of a table. Amounts in base units; average_price, quote_total in quote."""
    return {
        **which_order(order),
        "order_type": order.type,
        "position_action": order.action if is_perpetual(order.connector) else None,
        "amount": order.amount,
        "price": order.price,
        "status": order.status,
        "filled_amount": order.filled,
        "average_price": order.average_price,
        **fee_columns(order.fees),
        "created_at": None if order.created is None else utc(order.created),
        "reason": order.reason,
    }


def lost_details_note(orders: Iterable[Order]) -> str:
    """Why refused orders among these have neither pair nor side; "" where none lacks them."""
    if not any(order.forgotten for order in orders):
        return ""
    return (
        "A refused order without a pair wasn't sent by this server: the API keeps no pair, side or amount of those, "
        "and no tool tells them."
    )


def order_details(order: Order) -> dict[str, Any]:
    """All of an order but its fills, without what isn't known."""
    shown = order_row(order)
    shown["quote_total"] = order.quote_total
    shown["exchange_order_id"] = order.exchange_order_id
    if order.updated not in (None, order.created):
        shown["updated_at"] = utc(order.updated or 0)
    return {name: value for name, value in shown.items() if value is not None}


def fill_row(fill: Fill) -> dict[str, Any]:
    return {
        "amount": fill.amount,
        "price": fill.price,
        "fee": fill.fee,
        "fee_currency": fill.fee_currency,
        "timestamp": utc(fill.time),
    }


def fee_columns(fees: Mapping[str | None, Decimal]) -> dict[str, Any]:
    """`fee` and `fee_currency`; a sum of several currencies is written out."""
    if len(fees) > 1:
        return {
            "fee": " + ".join(f"{amount:f} {named(currency)}" for currency, amount in fees.items()),
            "fee_currency": None,
        }
    return {"fee": next(iter(fees.values()), None), "fee_currency": next(iter(fees), None)}


def worth_note(fills: Iterable[Fill]) -> str:
    """That a fee recorded in quote may have been taken in base, which no record tells; "" where none can have been."""
    bought = [
        fill
        for fill in fills
        if fill.side == "BUY" and fill.fee > 0 and fill.fee_currency == quote_of(fill.pair)
        if not is_perpetual(fill.connector)
    ]
    return WORTH.format(currency=" or ".join(sorted({named(quote_of(fill.pair)) for fill in bought}))) if bought else ""


def describe_order(order: "SentOrder") -> str:
    """ "BUY 0.01 BTC-USDT LIMIT at 97000 on binance, account master_account" """
    at = "" if order.price is None else f" at {order.price:f}"
    action = f", {order.action}" if order.action else ""
    what = f"{order.side} {order.amount:f} {named(order.pair)} {order.type}{at}{action}"
    return f"{what} on {named(order.connector)}, account {named(order.account)}"


def progress(order: Order) -> str:
    """ "0.4 of 1 BTC filled" """
    base = base_of(order.pair or "")
    of = f"{plain(order.filled):f}" + (f" of {plain(order.amount):f}" if order.amount else "")
    return f"{of} {named(base)} filled" if base else f"{of} filled"


def order_result(result: str, order: Order, known: Mapping[str, Any]) -> dict[str, Any]:
    """What became of an order, in words and figures, and of how many fills where there are several; without what is as
    it was asked for: `known` has that by the names of `order_row`. All of it is told by get_order."""
    told = {"result": result, **order_details(order)}
    shown = {
        name: value
        for name, value in told.items()
        if name not in ("exchange_order_id", "created_at", "updated_at") and known.get(name) != value
    }
    return {**shown, "fills": len(order.fills)} if len(order.fills) > 1 else shown


def unseen_result(result: str, order: Order, known: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an order that wasn't looked at: nothing is said of how far it came."""
    return {name: value for name, value in order_result(result, order, known).items() if name not in _SEEN}


def fills_disagreement(order: Order) -> str:
    """That the order's own record tells something else than its fills; "" where it doesn't."""
    known = sum((fill.amount for fill in order.fills), Decimal(0))
    if order.recorded is not None and order.recorded < known:
        return f"Its own record says {plain(order.recorded):f} filled; the fills, shown here, say {plain(known):f}."
    if order.missing or known < order.filled:
        return f"{plain(order.filled):f} filled, but only fills of {plain(known):f} are recorded so far."
    return ""


def short_records_note(orders: Iterable[Order]) -> str:
    """Which orders' own records tell of less than their fills do; "" where none does."""
    ids = [named(order.order_id) for order in orders if order.recorded is not None and fills_disagreement(order)]
    return f"Recorded with less than was filled, shown by their fills: {', '.join(ids)}." if ids else ""


def age(milliseconds: int) -> str:
    """ "2d 5h", "3h 20m", "45s" """
    seconds = max(milliseconds, 0) // 1000
    for unit, size, below, part in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size}{unit}" + (f" {rest}{below}" if rest else "")
    return f"{seconds}s"
