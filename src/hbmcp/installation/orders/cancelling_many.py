"""Cancelling many orders: which ones, all asked for before any is looked at, and a row for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.figures import plain
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.fresh_checks import HELD_BACK
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.orders.cancellation import not_cancelled, request_cancellation, wait_for_end
from hbmcp.installation.orders.open_orders import OpenOrders
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.replaced import saying_replaced
from hbmcp.installation.orders.view import which_order
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.times import now


@frozen
class WhichOrders:
    """Orders of one `side`, and older than so many minutes, as far as these are given."""

    side: str | None = None
    older_than: Decimal | None = None

    def among(self, found: OpenOrders) -> list[Order]:
        """Those that surely match: one whose age or side isn't known doesn't."""
        at = now()
        return [
            one
            for one in found.orders
            if self.side in (None, one.side) and self._old(one, at - (EARLY if one.order_id in found.younger else 0))
        ]

    def _old(self, order: Order, at: int) -> bool:
        if self.older_than is None:
            return True
        return order.created is not None and at - order.created > self.older_than * 60_000


async def cancel_all(
    installation: Installation, orders: Sequence[Order], planned: Sequence[PlannedRequest], wait: float
) -> list[Order | CallError]:
    """What became of each: the order as it was seen last, saying what took its place, or why it isn't known to be gone.
    One that fails doesn't stop the others. Uses submit_cancel, search_orders and get_trades. Raises what hbmcp itself
    held all of them back for."""
    asked = await together(request_cancellation(installation, one) for one in planned)
    held = [one for one in asked if isinstance(one, HELD_BACK)]
    if held and len(held) == len(asked):
        raise held[0]
    ends = await together(_end(installation, *one, wait) for one in zip(orders, asked, strict=True))
    seen = iter(await saying_replaced(installation, [one for one in ends if isinstance(one, Order)]))
    return [next(seen) if isinstance(one, Order) else one for one in ends]


async def _end(installation: Installation, order: Order, error: CallError | None, wait: float) -> Order:
    if isinstance(error, HELD_BACK):
        raise error
    after = await wait_for_end(installation, order, wait)
    if error is not None and not after.ended:
        raise not_cancelled(after, error)
    return after


def cancellation_rows(
    orders: Sequence[Order], ends: Sequence[Order | CallError], owner: Mapping[str, str]
) -> dict[str, Any]:
    """How many came to what, and a row for each, with what of it had filled. `owner` is the id of an order's executor,
    by the order's."""
    words = [_word(one) for one in ends]
    rows = [
        {**row(order, owner), "result": word, **_told(order, end)}
        for order, word, end in zip(orders, words, ends, strict=True)
    ]
    return {**({"cancelled": 0} | Counter(words)), "orders": rows}


def row(order: Order, owner: Mapping[str, str]) -> dict[str, Any]:
    """Which order it is, and whose."""
    whose = None if order.order_id is None else owner.get(order.order_id)
    return {**which_order(order), "executor_id": whose, "amount": order.amount, "price": order.price}


def _word(end: Order | CallError) -> str:
    if isinstance(end, CallError):
        return "unknown" if isinstance(end, OutcomeUnknown) else "not_cancelled"
    return {"CANCELLED": "cancelled", "FILLED": "filled_before", "FAILED": "refused_before"}.get(end.status, "not_yet")


def _told(order: Order, end: Order | CallError) -> dict[str, Any]:
    if isinstance(end, CallError):
        return {"filled_amount": plain(order.filled), "reason": str(end)}
    filled = plain(max(end.filled, order.filled))  # what was seen before it was cancelled is filled for good
    return {"filled_amount": filled, "reason": " ".join(filter(None, (end.reason, *end.doubts))) or None}
