"""The orders that rest on a position's closing side, where no exchange holds them to it."""

from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import CallError, Refused
from hbmcp.figures import plain
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.open_orders import resting_orders
from hbmcp.installation.orders.order import Order
from hbmcp.installation.planned_request import Uncovered
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Side, closed_by, closing_side, opposite
from hbmcp.installation.reduce_only import close_is_reduce_only, only_reduces
from hbmcp.pairs import base_of
from hbmcp.store import SentOrder
from hbmcp.text import named

PATIENCE = 10.0  # seconds for an answer

NOT_REDUCE_ONLY = (
    "Hummingbot doesn't surely make this order reduce-only on {exchange}: where it rests, cancel it once the position "
    "is closed otherwise, or it opens a {opened}."
)


@frozen
class ClosingOrders:
    """Those of that side, whatever they were meant for: in one-way mode each closes first, then opens. `doubt` is why
    there may be others, or what they are for isn't known."""

    orders: tuple[Order, ...]
    doubt: str | None

    @property
    def amount(self) -> Decimal:
        """What they would close."""
        return sum((max((one.amount or Decimal(0)) - one.filled, Decimal(0)) for one in self.orders), Decimal(0))


async def closing_orders(
    installation: Installation, account: str, connector: str, pair: str, side: str
) -> ClosingOrders:
    """Uses list_active_orders and search_orders. Raises nothing."""
    read = await answer_within(resting_orders(installation, account, connector, pair), PATIENCE)
    if isinstance(read, CallError):
        return ClosingOrders((), read.happened)
    found = tuple(one for one in read.rows if one.side in (side, None))
    unknown = [f"the size of order {named(str(one.order_id))} isn't known." for one in found if one.amount is None]
    return ClosingOrders(found, next(iter((*read.doubts, *unknown)), None))


async def uncovered_of(
    installation: Installation, order: SentOrder, position: Decimal, began: int, instead_of: str | None = None
) -> tuple[Uncovered | None, str]:
    """What of the position no order would close that rests beside this one, where none of them is reduce-only; None
    where that can't be read. And a sentence on it. The position's reading `began` then; it is read once more, for what
    rested may have filled between. Uses list_active_orders, search_orders and list_positions. Raises Refused where it
    shrank."""
    found = await closing_orders(installation, order.account, order.connector, order.pair, order.side)
    if found.doubt:
        return None, f"What rests already isn't known for certain, so this counts as opening: {found.doubt}"
    listed = await answer_within(listed_positions(installation, order.account, order.connector), PATIENCE)
    if isinstance(listed, CallError):
        return None, f"The position couldn't be read once more, so this counts as opening: {listed.happened}"
    where = (order.pair, closed_by(order.side))
    again = next((one.amount for one in listed if (one.pair, one.side) == where), Decimal(0))
    if again < position:
        raise Refused(
            f"The {where[1]} of {named(order.pair)} shrank from {plain(position):f} to {plain(again):f} while this was "
            "checked.",
            "Nothing was sent.",
            "Call it again if it is still wanted.",
        )
    covered = evolve(found, orders=tuple(one for one in found.orders if one.order_id != instead_of)).amount
    left = max(position - covered, Decimal(0))
    uncovered = Uncovered(left, began, frozenset(str(one.order_id) for one in found.orders))
    if order.amount <= left:
        return uncovered, ""
    return uncovered, (
        f"Of the {plain(position):f} {named(base_of(order.pair))} orders that rest already would close "
        f"{plain(covered):f}: this one counts as opening."
    )


def uncovered_at_market(connector: str, side: str, position: Decimal, began: int) -> Uncovered | None:
    """The whole of a position, whose reading `began` then, for an order that closes at the market, beside which what
    rests doesn't matter; None where that surely can't open."""
    return None if only_reduces(connector, side, "CLOSE") else Uncovered(position, began, frozenset())


async def left_to_open(
    installation: Installation, account: str, connector: str, pair: str, held: Side, left: Decimal
) -> str:
    """What to say where orders rest that would close more than is `left` of a position; "" where none is known, or each
    is surely reduce-only. Uses get_position_mode, list_active_orders and search_orders. Raises nothing."""
    if await close_is_reduce_only(installation, account, connector):
        return ""
    side = closing_side(held)
    found = await closing_orders(installation, account, connector, pair, side)
    if found.amount <= left:
        return ""
    which = ", ".join(named(str(one.order_id)) for one in found.orders)
    return (
        f"{side} orders of {plain(found.amount):f} rest on this pair ({which}) and aren't surely reduce-only: beyond "
        f"the position they open a {opposite(held)}. cancel_order ends them."
    )
