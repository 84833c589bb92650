"""What became of an order that was placed, in words."""

from hbmcp.errors import Failed, Rejected
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.orders.view import describe_order, progress
from hbmcp.store import SentOrder
from hbmcp.text import named


def placement_result(order: Order) -> str:
    """What is known of it; of one that was refused see `placement_refused`."""
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
    }.get(order.status, f"Its status is {named(order.status)}. get_order tells more.")


def placement_refused(order: Order, sent: SentOrder, notes: tuple[str, ...]) -> Failed:
    """The error for an order that the exchange refused; `notes` are those of its preparation and sending."""
    why = f'"{order.reason}"' if order.reason else "no reason was given"
    return (Failed if order.filled else Rejected)(
        f"The order was refused: {why}. It was {describe_order(sent)}; its order_id is {named(order.order_id)}.",
        f"{progress(order)}." if order.filled else "Nothing was bought or sold.",
        " ".join((*notes, "Correct the cause before you send another.")),
    )
