"""One trigger: what it waits for, what became of it, and the orders that it sent."""

from typing import Any

from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.view import order_details
from hbmcp.installation.triggers.kept import kept, one_kept, refused
from hbmcp.installation.triggers.trigger import LIVE
from hbmcp.installation.triggers.view import trigger_details
from hbmcp.results.answer import Answer
from hbmcp.store import StoreError
from hbmcp.text import named


async def get_trigger(installation: Installation, *, id: int) -> Answer:  # noqa: A002
    """Its condition and last reading, its events, oldest first, and its orders with their fills. Raises Refused for one
    that there isn't, or where the store can't be read."""
    try:
        one = await one_kept(installation, id)
        events = await installation.store.trigger_events(keys=[id])
        bonded = [] if one.row.bond is None else (await kept(installation, states=LIVE)).rows
    except StoreError as error:
        raise refused(error) from None
    others = [other.key for other in bonded if other.row.bond == one.row.bond and other.key != id]
    shown: dict[str, Any] = trigger_details(one, others, events)
    ids = one.memory.references
    orders = await together(find_order(installation, order_id) for order_id in ids)
    unread = [
        f"Order {named(order_id)}: {order.happened}"
        for order_id, order in zip(ids, orders, strict=True)
        if isinstance(order, CallError)
    ]
    known = [order_details(order) for order in orders if not isinstance(order, CallError)]
    return Answer({**shown, "orders": known} if known else shown, tuple(unread))
