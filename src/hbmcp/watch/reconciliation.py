"""A trigger that is still firing after its deadline: its watcher ended in the middle. What became of it?"""

from hbmcp import times
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.unknown_outcome import order_behind
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.store import SentOrder, Settled, Store
from hbmcp.watch.firing import DEADLINE, Ended, Result, settle

AFTER = int(DEADLINE * 1000) + 95_000  # ms: past the deadline, and whatever a request may still take


def due(trigger: Trigger) -> bool:
    """Whether nobody can be sending for it any more, if no clock was set since."""
    return trigger.row.state == "firing" and abs(times.now() - trigger.row.changed) > AFTER


async def reconcile(installation: Installation, store: Store, trigger: Trigger) -> Ended:
    """Settle it, and say how. It is never sent again unless surely nothing was sent. Raises StoreError, and CallError
    where the API's orders can't be read: then it is for later."""
    sent, before = trigger.memory.sent, trigger.memory
    if sent is None:
        # Where it is sent this very moment, after a clock was set, the mark is there by then, and nothing is changed.
        nothing = Result("waiting", "its watcher ended before anything was sent")
        return await settle(store, trigger, nothing, before, [], unless_changed=True)
    order = await _remembered(store, trigger, sent)
    reference = None if order is None else await order_behind(installation, order)
    if reference is not None:
        done = Result("done", f"its watcher ended in the middle, but order {reference} was sent")
        return await settle(store, trigger, done, before, [Settled("sent", reference)], unless_changed=True)
    words = "its watcher ended while it was sent, and nobody knows what became of it; it isn't sent again"
    return await settle(
        store, trigger, Result("unknown", words), before, [Settled("unknown", None)], unless_changed=True
    )


async def _remembered(store: Store, trigger: Trigger, sent: int) -> SentOrder | None:
    """The one order like its own that was about to leave then; None where there are several, or its action is no
    order."""
    action = trigger.spec.then
    if action is None or action.tool not in ("place_order", "close_position"):
        return None
    given = action.arguments
    side = given.get("side")
    if action.tool == "close_position":
        side = {"LONG": "SELL", "SHORT": "BUY"}.get(str(side))
    asked = (("account", "account_name"), ("connector", "connector_name"), ("pair", "trading_pair"))
    found = [
        one
        for one in await store.sent_orders(since=trigger.row.changed, until=sent)
        if all(given.get(name) in (None, getattr(one, ours)) for ours, name in asked) and side in (None, one.side)
    ]
    return found[0] if len(found) == 1 else None
