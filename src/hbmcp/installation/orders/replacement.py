"""Replacing an order by one of another price or size: the new one is sent only once the old one is known to be gone,
and for no more than what of it hadn't filled."""

from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import BadArguments, CallError, Failed, OutcomeUnknown, Refused
from hbmcp.figures import plain, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.cancellation import how_it_ended, not_cancelled, request_cancellation, wait_for_end
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.preparation import OrderRequest, PreparedOrder
from hbmcp.installation.orders.pricing import parse_price
from hbmcp.installation.orders.sending import Companion, PlannedOrder, Submission, planned_order, send_order
from hbmcp.installation.orders.sizing import AskedSize
from hbmcp.installation.orders.unknown_outcome import KnownIds
from hbmcp.installation.orders.view import progress
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.text import named

NOT_PLACED = "Nothing was placed in its place."


@frozen
class Replacement:
    """An open `order`, the request that cancels it, and the order that takes its place. `whole` is what both are to
    come to, in base units, with what had filled."""

    order: Order
    cancellation: PlannedRequest
    prepared: PreparedOrder
    whole: Decimal
    known: KnownIds

    @property
    def planned(self) -> PlannedOrder:
        """The new order, as far as is known before the old one is gone."""
        return self._of(self.prepared.order.amount)

    def after(self, filled: Decimal) -> PlannedOrder | None:
        """The new order once that much of the old one had filled, by no more than was planned; None where nothing is
        left. Raises Refused where that is too small."""
        order = self.prepared.order
        rest = min(self.whole - filled, order.amount)
        if rest <= 0:
            return None
        amount, _ = self.prepared.rule.sized(rest, order.pair, order.price)
        return self._of(amount)

    def _of(self, amount: Decimal) -> PlannedOrder:
        order, market = self.prepared.order, self.prepared.market
        worst = max((one for one in (order.price, market) if one is not None), default=None)
        return planned_order(
            evolve(order, amount=amount, replaces=self.order.order_id),
            self.known,
            reduces=self.prepared.reduces,
            value=None if worst is None else times(amount, worst),
            market=market,
            uncovered=self.prepared.uncovered,
        )


def refuse_turned_offset(order: Order, asked: str | None, price: Decimal | None) -> None:
    """Raises BadArguments for an offset, which counts from the market, that moves the order's own price the other way
    than its sign says: who says -1% may mean 1 % below that."""
    level = None if asked is None or order.type == "MARKET" else parse_price(str(order.type), asked)
    if level is None or level.percent is None or price is None or order.price is None:
        return
    if not (price > order.price if level.percent < 0 else price < order.price):
        return
    raise BadArguments(
        f"{level.percent:+f}% counts from the market and comes to {plain(price):f}, "
        f"{'above' if price > order.price else 'below'} the order's own price, {plain(order.price):f}.",
        "Nothing was sent.",
        f"Give the new price as a figure; {level.percent:+f}% of its own is "
        f"{plain(times(order.price, 1 + level.percent / 100)):f}.",
    )


def request_like(order: Order, price: str | None, amount: Decimal | None) -> tuple[OrderRequest, Decimal]:
    """What is asked for in an order's place, and what both are to come to: the order's own where nothing else is said.

    Raises Refused for an order of which too little is known, and where nothing would be left to place.
    """
    whole, at = amount or order.amount, price if price is not None or order.price is None else f"{order.price:f}"
    perpetual = is_perpetual(order.connector)
    if not (order.pair and order.side and order.type and whole and at) or (perpetual and order.action is None):
        raise Refused(
            f"Not all that was asked for is known of order {named(order.order_id)}"
            f"{', nor whether it opens or closes' if perpetual and order.action is None else ''}: no other can take "
            "its place.",
            "Nothing was sent.",
            "Cancel it with cancel_order, and place another.",
        )
    rest = plain(whole - order.filled)
    if rest <= 0:
        raise Refused(
            f"{progress(order)} already: of {plain(whole):f} nothing is left to place.",
            "Nothing was sent.",
            "cancel_order takes the rest of it away.",
        )
    where = (order.account, order.connector, order.pair, order.side)
    action = order.action if perpetual else None
    return OrderRequest(*where, AskedSize(rest), order.type, at, action), whole


async def replace(
    installation: Installation, replacement: Replacement, wait: float, companion: Companion | None = None
) -> tuple[Order, Submission | None]:
    """The old order as it ended, and what was sent in its place, with its companion; None where nothing was left of it.

    Uses submit_cancel, submit_order, search_orders and get_trades. Raises CallError where the old one isn't known to be
    gone, or what of it had filled, or where somebody else cancelled it: nothing was placed; and where the new one
    wasn't placed: then the old one is gone.
    """
    error = await request_cancellation(installation, replacement.cancellation)
    after = await wait_for_end(installation, replacement.order, wait)
    if not after.ended:
        raise _not_replaced(after, error)
    if after.doubts:
        raise OutcomeUnknown(
            f"{how_it_ended(after)} What of it had filled isn't sure: {' '.join(after.doubts)}",
            NOT_PLACED,
            "get_order tells more; then place the rest.",
        )
    if after.status != "CANCELLED":
        return after, None
    if isinstance(error, Refused):
        raise Refused(  # who cancelled it may want none in its place, or may be about to place one
            f"Another call, or somebody else, cancelled it first ({progress(after)}).",
            "This call placed nothing.",
            "Look with get_open_orders before you place one: another may be in its place.",
        )
    gone = f"The old order is gone ({progress(after)}), and"
    try:
        planned = replacement.after(max(after.filled, replacement.order.filled))
        return after, None if planned is None else await send_order(installation, planned, wait, companion=companion)
    except OutcomeUnknown as unknown:
        raise OutcomeUnknown(f"{gone} of the new one: {unknown.happened}", unknown.undone, unknown.advice) from None
    except CallError as refused:
        raise Failed(f"{gone} the new one wasn't placed: {refused.happened}", NOT_PLACED, refused.advice) from None


def _not_replaced(after: Order, error: CallError | None) -> CallError:
    if error is None:
        return OutcomeUnknown(
            f"It was asked to be cancelled, and isn't seen gone: it can still fill ({progress(after)}).",
            NOT_PLACED,
            "get_order tells more; replace it again, or place the rest once it is gone.",
        )
    found = not_cancelled(after, error)
    return type(found)(found.happened, f"{found.undone} {NOT_PLACED}".lstrip(), found.advice)
