"""An order that was sent and of which no answer came: whether it was placed, as far as that can be seen."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.api_orders import OrderPage, active_orders, recorded_orders
from hbmcp.installation.orders.order import Order, orders_like
from hbmcp.installation.orders.polling import NEWEST, PATIENCE, STEP
from hbmcp.installation.orders.view import describe_order
from hbmcp.store import SentOrder, StoreError
from hbmcp.text import named

BEFORE = 2.0  # seconds that sending waits, at most, for what was there before
AGAIN = "Don't send it again before get_order_history shows what became of it."

KnownIds = Collection[str | None] | None


async def known_order_ids(installation: Installation, account: str, connector: str) -> KnownIds:
    """The ids of the orders there before one is sent; None where they can't be read in time. The workflow uses
    search_orders. Raises no CallError."""
    records = await _newest(installation, account, connector, BEFORE)
    return None if isinstance(records, CallError) else {one.order_id for one in records.rows}


async def unknown_outcome(
    installation: Installation, order: SentOrder, error: CallError, known: KnownIds, wait: float
) -> OutcomeUnknown:
    """The error to raise for such an order, once it was looked for among those that weren't known before."""
    found = await _found(installation, order, known, wait)
    happened = f"Outcome unknown: {error.happened.removeprefix('Outcome unknown: ')} Sent was {describe_order(order)}."
    unproven = "It may have been placed, or still be."
    if isinstance(found, CallError):
        return OutcomeUnknown(happened, f"{unproven} The API's orders couldn't be read: {found.happened}", AGAIN)
    if not found:
        return OutcomeUnknown(happened, f"{unproven} The API shows no new order like it so far: no proof.", AGAIN)
    seen = "; ".join(map(_seen, found))
    if known is None or len(found) > 1 or found[0].pair is None:
        return OutcomeUnknown(happened, f"{unproven} What the API shows that may be it: {seen}.", AGAIN)
    return OutcomeUnknown(
        happened,
        f"One order just like it has appeared since, most likely this one: {seen}.",
        "Don't send it again; get_order tells more of it.",
    )


async def order_behind(installation: Installation, order: SentOrder, others: Collection[str | None] = ()) -> str | None:
    """The id of an order that was sent a while ago: the one that was remembered, or that of the one order just like it
    which is of no `others` and which nobody else sent; None where there is none such, or more than one.

    Uses search_orders and list_active_orders. Raises CallError and StoreError where these can't be read.
    """
    if order.order_id is not None:
        return order.order_id
    account, connector, begin, end = order.account, order.connector, order.time - EARLY, order.time + EARLY
    records, in_hand = await all_of(
        recorded_orders(installation, account_name=account, connector_name=connector, start=begin, end=end),
        active_orders(installation, account_name=account, connector_name=connector),
    )
    if not (records.complete and in_hand.complete):
        return None
    mine = {one.order_id for one in await installation.store.sent_orders(since=order.time - EARLY)}
    each = {one.order_id: one for one in (*in_hand.rows, *records.rows)}
    found = orders_like(order, each.values(), {*mine, *others}, EARLY)
    return found[0].order_id if len(found) == 1 and not found[0].forgotten else None


async def _found(installation: Installation, order: SentOrder, known: KnownIds, wait: float) -> list[Order] | CallError:
    """The orders that may be this one, as soon as there are any, or why they can't be read."""
    others = {*(known or ()), *await _other_ids(installation, order)}
    tolerance = EARLY if known is None else None
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    while True:
        records = await _newest(installation, order.account, order.connector, PATIENCE)
        found = records if isinstance(records, CallError) else orders_like(order, records.rows, others, tolerance)
        if (found and not isinstance(found, CallError)) or clock() + STEP > deadline:
            return found
        await asyncio.sleep(STEP)


async def _newest(installation: Installation, account: str, connector: str, patience: float) -> OrderPage | CallError:
    return await answer_within(
        recorded_orders(installation, account_name=account, connector_name=connector, limit=NEWEST), patience
    )


async def _other_ids(installation: Installation, order: SentOrder) -> set[str | None]:
    """The ids of other orders that hbmcp sent meanwhile."""
    try:
        return {one.order_id for one in await installation.store.sent_orders(since=order.time - EARLY)}
    except StoreError:
        return set()


def _seen(order: Order) -> str:
    at = datetime.fromtimestamp((order.created or 0) / 1000, UTC).strftime("%H:%M:%S")
    if order.pair is None:
        why = f'"{order.reason}"' if order.reason else "no reason given"
        return f"{named(order.order_id)}, created {at} UTC, refused: {why}; its pair isn't recorded"
    return f"{named(order.order_id)}, {named(order.status)}, filled {order.filled:f}, created {at} UTC"
