"""Placing an order, and telling what became of it."""

from decimal import Decimal

from hbmcp.errors import Failed
from hbmcp.figures import number
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.orders.polling import outcome
from hbmcp.installation.orders.preparation import prepare
from hbmcp.installation.orders.sending import send
from hbmcp.installation.orders.unknown_outcome import described
from hbmcp.installation.orders.view import news, progress, unseen
from hbmcp.results.answer import Answer
from hbmcp.store import SentOrder


async def place_order(
    installation: Installation,
    *,
    account_name: str,
    connector_name: str,
    trading_pair: str,
    side: str,
    amount: Decimal,
    order_type: str = "LIMIT",
    price: str | None = None,
    position_action: str | None = None,
    wait: Decimal = Decimal(3),
) -> Answer:
    """Check an order, send it once, and look for up to `wait` seconds what became of it.

    An object: `result` in words, the order's id and status, what was filled, and of what was asked for that which is
    otherwise. Notes tell what was worked out, rounded or couldn't be checked. Raises BadArguments or Refused (nothing
    was sent), Failed (the exchange refused it) and OutcomeUnknown (sent, not answered).
    """
    prepared = await prepare(
        installation,
        account_name=account_name,
        connector_name=connector_name,
        trading_pair=trading_pair,
        side=side,
        amount=amount,
        order_type=order_type,
        price=price,
        position_action=position_action,
    )
    seconds = float(wait)
    sent = await send(installation, prepared.order, seconds)
    notes = (*prepared.notes, *sent.notes)
    asked = {
        "account_name": account_name,
        "connector_name": connector_name,
        "trading_pair": trading_pair,
        "side": side,
        "amount": amount,
        "order_type": order_type,
        "price": number(price),
        "position_action": sent.order.action,
    }
    if not seconds:
        return Answer(unseen("Sent, not looked at: get_order tells more.", Order.from_sent(sent.order), asked), notes)
    order = await outcome(installation, sent.order_id, account_name, connector_name, seconds, sent=sent.order)
    if order.status == "FAILED":
        raise _refused(order, sent.order, notes)
    return Answer(news(_result(order), order, asked), (*notes, *order.doubts, _taken_from_bought(order)))


def _result(order: Order) -> str:
    if order.missing:
        return f"Filled, but of its fills so far only some are recorded: {progress(order)}. get_order tells more."
    if order.type == "MARKET" and not order.ended and order.rests:
        return f"On the exchange and not filled whole yet: {progress(order)}. get_order tells more."
    return {
        "FILLED": "Filled.",
        "OPEN": "Rests on the exchange, nothing filled.",
        "PARTIALLY_FILLED": f"{progress(order)}, the rest rests.",
        "CANCELLED": f"{progress(order)}, the exchange cancelled the rest.",
        "SUBMITTED": "Sent, and not yet on the exchange. Don't send it again: get_order tells more.",
        UNKNOWN: "Unknown: the API took it, and shows nothing of it yet. Don't send it again: get_order tells more.",
    }.get(order.status, f"Its status is {order.status}. get_order tells more.")


def _refused(order: Order, sent: SentOrder, notes: tuple[str, ...]) -> Failed:
    return Failed(
        f"The order was refused: {order.reason or 'no reason was given'}. It was {described(sent)}; its order_id is "
        f"{order.order_id}.",
        f"{progress(order)}." if order.filled else "Nothing was bought or sold.",
        " ".join((*notes, "Correct the cause before you send another.")),
    )


def _taken_from_bought(order: Order) -> str:
    if order.filled and order.side == "BUY" and not is_perpetual(order.connector) and order.pair:
        return f"The exchange may have taken the fee out of the {order.pair.partition('-')[0]}."
    return ""
