"""The orders that rest on a position's closing side, where no exchange holds them to it."""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.open_orders import resting_orders
from hbmcp.installation.orders.order import Order
from hbmcp.installation.positions.position import Side, closing_side, opposite
from hbmcp.installation.reduce_only import close_is_reduce_only
from hbmcp.text import named

PATIENCE = 10.0  # seconds for an answer


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
