"""Orders that were cancelled so that another takes their place: hbmcp alone remembers which."""

import asyncio
from collections.abc import Collection, Sequence

from attrs import evolve

from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp.store import TO_REDUCE, StoreError
from hbmcp.store.records import OPEN, UNDER_WAY
from hbmcp.text import named
from hbmcp.times import now

COMING = "Another call puts one in its place, or tried to: get_open_orders tells."

_COMING = ""  # for the id of what another call is about to place


async def saying_replaced(installation: Installation, orders: Sequence[Order]) -> list[Order]:
    """The same; of those that are cancelled and were replaced, `reason` says by which, or that they are about to be.
    Raises nothing."""
    by = await _replacements(installation, [one.order_id for one in orders if one.status == "CANCELLED"])
    return [evolve(one, reason=_said(by[one.order_id])) if one.order_id in by else one for one in orders]


async def last_in_its_place(installation: Installation, order: Order) -> str | None:
    """The id of what took its place, or the place of that, and so on; "" where another call is about to place it, and
    None where nothing did. Raises nothing."""
    found = order.order_id if order.status == "CANCELLED" else None
    chain = [found]  # an API that gave an id twice would send us round in circles
    while (by := await _replacements(installation, [found])) and by[found] not in chain:
        found = by[found]
        chain.append(found)
    return None if found == order.order_id else found


def _said(by: str) -> str:
    return COMING if by == _COMING else f"replaced by {named(by)}"


async def _replacements(installation: Installation, cancelled: Collection[str | None]) -> dict[str | None, str]:
    """The id of the order that took the place of each, by its own; none where the store can't tell."""
    ids = [one for one in cancelled if one]
    if not ids:
        return {}
    at = now()
    try:
        async with asyncio.timeout(TO_REDUCE):
            granted = await installation.store.granted(at - UNDER_WAY)
            sent = await installation.store.sent_orders(replacing=ids)
    except (StoreError, TimeoutError):
        return {}
    coming = [row.replaces for row in granted if row.state in OPEN and row.time > at - UNDER_WAY]
    return dict.fromkeys((one for one in coming if one in ids), _COMING) | {
        one.replaces: one.order_id for one in sent if one.order_id
    }
