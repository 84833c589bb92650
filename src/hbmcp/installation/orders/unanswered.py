"""The id of an order that was remembered before it was sent, wherever who sent it ended."""

from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.api_orders import recorded_orders
from hbmcp.installation.orders.order import orders_like
from hbmcp.installation.orders.polling import NEWEST
from hbmcp.store import SentOrder


async def id_of(installation: Installation, order: SentOrder) -> str | None:
    """What was remembered, or that of the one order like it that nobody else sent; None where there is none, or
    several. Uses search_orders. Raises CallError and StoreError."""
    if order.order_id is not None:
        return order.order_id
    page = await recorded_orders(installation, account_name=order.account, connector_name=order.connector, limit=NEWEST)
    others = {one.order_id for one in await installation.store.sent_orders(since=order.time - EARLY)}
    found = orders_like(order, page.rows, others, EARLY)
    return found[0].order_id if len(found) == 1 else None
