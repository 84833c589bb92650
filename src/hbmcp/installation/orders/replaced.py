"""Orders that were cancelled so that another takes their place: hbmcp alone remembers which."""

from collections.abc import Collection, Sequence

from attrs import evolve

from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp.store import StoreError
from hbmcp.text import named


async def saying_replaced(installation: Installation, orders: Sequence[Order]) -> list[Order]:
    """The same; of those that are cancelled and were replaced, `reason` says by which. Raises nothing."""
    by = await _replacements(installation, [one.order_id for one in orders if one.status == "CANCELLED"])
    return [
        evolve(one, reason=f"replaced by {named(by[one.order_id])}") if one.order_id in by else one for one in orders
    ]


async def last_in_its_place(installation: Installation, order: Order) -> str | None:
    """The id of what took its place, or the place of that, and so on; None where nothing did. Raises nothing."""
    found = order.order_id if order.status == "CANCELLED" else None
    chain = [found]  # an API that gave an id twice would send us round in circles
    while (by := await _replacements(installation, [found])) and by[found] not in chain:
        found = by[found]
        chain.append(found)
    return None if found == order.order_id else found


async def _replacements(installation: Installation, cancelled: Collection[str | None]) -> dict[str | None, str]:
    """The id of the order that took the place of each, by its own; none where the store can't tell."""
    ids = [one for one in cancelled if one]
    if not ids:
        return {}
    try:
        sent = await installation.store.sent_orders(replacing=ids)
    except StoreError:
        return {}
    return {one.replaces: one.order_id for one in sent if one.order_id}
