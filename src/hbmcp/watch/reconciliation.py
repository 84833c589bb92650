"""A trigger that is still firing after its deadline: its watcher ended in the middle. What became of it?"""

from hbmcp import times
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.api_orders import recorded_orders
from hbmcp.installation.orders.order import orders_like
from hbmcp.installation.orders.polling import NEWEST
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.store import SentOrder, Settled, Store
from hbmcp.watch.firing import DEADLINE, settle

AFTER = int(DEADLINE * 1000) + 95_000  # ms: past the deadline, and whatever a request may still take


def due(trigger: Trigger) -> bool:
    """Whether nobody can be sending for it any more."""
    return trigger.row.state == "firing" and abs(times.now() - trigger.row.changed) > AFTER


async def reconcile(installation: Installation, store: Store, trigger: Trigger) -> str:
    """Settle it, and say how. It is never sent again unless surely nothing was sent. Raises StoreError, and CallError
    where the API's orders can't be read: then it is for later."""
    sent = trigger.memory.sent
    if sent is None:
        words = "its watcher ended before anything was sent"
        return await settle(store, trigger, "waiting", words, trigger.memory, [])
    action = trigger.spec.then
    if action is not None and action.tool in ("place_order", "close_position"):
        order = await _remembered(store, trigger, sent)
        reference = None if order is None else await _reference(installation, store, order)
        if reference is not None:
            words = f"its watcher ended in the middle, but order {reference} was placed"
            return await settle(store, trigger, "done", words, trigger.memory, [Settled("sent", reference)])
    words = "its watcher ended while it was sent, and nobody knows what became of it; it isn't sent again"
    return await settle(store, trigger, "unknown", words, trigger.memory, [Settled("unknown", None)])


async def _remembered(store: Store, trigger: Trigger, sent: int) -> SentOrder | None:
    """The order that was about to leave then."""
    assert trigger.spec.then is not None
    arguments = trigger.spec.then.arguments
    begun = trigger.row.changed
    for one in await store.sent_orders(since=begun, until=begun + max(sent - begun, 0) + 5_000):
        if one.pair == arguments.get("trading_pair") and arguments.get("connector_name") in (None, one.connector):
            return one
    return None


async def _reference(installation: Installation, store: Store, order: SentOrder) -> str | None:
    """Its id: what was remembered, or that of the one order like it that nobody else sent."""
    if order.order_id is not None:
        return order.order_id
    page = await recorded_orders(installation, account_name=order.account, connector_name=order.connector, limit=NEWEST)
    others = {one.order_id for one in await store.sent_orders(since=order.time - EARLY)}
    found = orders_like(order, page.rows, others, EARLY)
    return found[0].order_id if len(found) == 1 else None
