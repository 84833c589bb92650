"""One order with its fills."""

from hbmcp.installation.fills.fees import worth_note
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.order import UNKNOWN
from hbmcp.installation.orders.view import fill_row, fills_disagreement, order_details
from hbmcp.results.answer import Answer


async def get_order(
    installation: Installation, *, order_id: str, account_name: str | None = None, connector_name: str | None = None
) -> Answer:
    """An object with the order, and `fills`, oldest first. Raises Refused for an order that nobody knows."""
    order = await find_order(installation, order_id, account_name, connector_name)
    shown = order_details(order)
    if order.fills:
        shown["fills"] = [fill_row(fill) for fill in order.fills]
    unseen = "hbmcp sent it, and the API shows nothing of it." if order.status == UNKNOWN else ""
    return Answer(shown, (unseen, fills_disagreement(order), worth_note(order.fills), *order.doubts))
