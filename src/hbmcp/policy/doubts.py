"""What was granted and sent, and of which no answer came: it counts until it is found among the API's orders and
executors, or a person says what became of it."""

from collections.abc import Collection

from hbmcp.errors import CallError, StoreError
from hbmcp.installation.executors.run.unknown_start import executor_behind
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.unknown_outcome import order_behind
from hbmcp.installation.orders.view import describe_order
from hbmcp.store import LedgerRow, SentOrder
from hbmcp.text import one_line
from hbmcp.times import now

READS = ("search_orders", "list_active_orders", "search_executors")

PATIENCE = 10.0  # seconds for all of it


async def doubts(installation: Installation) -> list[LedgerRow]:
    """What nobody knows the outcome of, oldest first. Raises StoreError."""
    moment = now()
    return [row for row in await installation.store.granted(moment) if row.in_doubt(moment)]


async def look(installation: Installation) -> bool:
    """Settle what can be found of it; gives whether anything was. What can't be read in time is left as it is. Uses
    READS."""
    try:
        found = await answer_within(_look(installation), PATIENCE)
    except StoreError:
        return False
    return found is True


async def _look(installation: Installation) -> bool:
    found = False
    for row in await doubts(installation):
        near = await installation.store.granted(row.time - EARLY)
        others = {one.reference for one in near if one.reference is not None}
        order = await _remembered(installation, row, others)
        try:
            reference = await _reference(installation, row, order, others)
        except CallError:
            continue
        if reference is not None:
            found |= await installation.store.identify(row.key, reference, None if order is None else order.key)
    return found


async def _remembered(installation: Installation, row: LedgerRow, others: Collection[str]) -> SentOrder | None:
    """The order that was about to leave for it: the first with its words that is nobody else's."""
    sent = await installation.store.sent_orders(since=row.time - EARLY, until=row.time + EARLY)
    mine = [one for one in sent if one_line(describe_order(one)) == row.words and one.order_id not in others]
    return min(mine, key=lambda one: one.time, default=None)


async def _reference(
    installation: Installation, row: LedgerRow, order: SentOrder | None, others: Collection[str]
) -> str | None:
    if order is not None:
        return await order_behind(installation, order, others)
    if row.account is None:
        return None
    return await executor_behind(installation, row.account, row.words, row.time, others)
