"""The orders of an executor, and what they have traded."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.answer_fields import data
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.fills.fills import EARLY, PAGE, Fill, fills
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order, merged_orders
from hbmcp_tools import trading

NOT_NAMED = "The API doesn't say which orders are this executor's: the open orders are all of {pair} since it began."
CUT = "There are more orders than the API shows at once: some may be missing."


@frozen
class Orders:
    """`own` is False where they are those of the pair, other orders' among them. `complete`: none can be missing."""

    rows: tuple[Order, ...]
    own: bool
    complete: bool

    @property
    def open(self) -> list[Order]:
        """Those that rest, or may come to rest."""
        return [order for order in self.rows if not order.ended]

    @property
    def fills(self) -> list[Fill]:
        return [fill for order in self.rows for fill in order.fills]


@frozen
class Traded:
    """One side of what was traded: base units, at an average price."""

    amount: Decimal
    average: Decimal | None

    @classmethod
    def of(cls, found: Collection[Fill], side: str) -> "Traded":
        own = [fill for fill in found if fill.side == side]
        amount = sum((fill.amount for fill in own), Decimal(0))
        value = sum((times(fill.amount, fill.price) for fill in own), Decimal(0))
        return cls(amount, ratio(value, amount) if amount else None)


def owners(executors: Iterable[Executor]) -> dict[str, str]:
    """The ids of the executors whose orders these are, by the orders', as far as these are named."""
    return {order: one.id for one in executors for order in one.order_ids}


async def orders_of(installation: Installation, executor: Executor, known: Collection[str] = ()) -> Orders:
    """Its orders by their ids, and by those `known` from before; of a grid, and of one that the API lost with its ids,
    those of its pair since it began.

    The workflow uses search_orders and get_trades. Raises CallError.
    """
    own = {*executor.order_ids, *known}
    if not executor.names_orders or (executor.abandoned and not own):
        return await orders_since(installation, executor)
    if not own:
        return Orders((), own=True, complete=True)
    found, complete = await _found(installation, executor)
    return Orders(tuple(order for order in found if order.order_id in own), own=True, complete=complete)


async def orders_since(installation: Installation, executor: Executor) -> Orders:
    """All of its pair since it began, whosever they are. As `orders_of`."""
    since = executor.created or 0
    found, complete = await _found(installation, executor)
    rows = tuple(order for order in found if order.pair == executor.pair and (order.created or 0) >= since)
    return Orders(rows, own=False, complete=complete)


async def _found(installation: Installation, executor: Executor) -> tuple[list[Order], bool]:
    """The orders of its account and exchange about since it began, with the fills of its pair; whether none can be
    missing."""
    # One page of one account and exchange: refused orders have lost their pair.
    found = await installation.read(
        data(Order.from_row),
        trading.search_orders,
        account_name=executor.account,
        connector_name=executor.connector,
        start_time=None if executor.created is None else str(executor.created - EARLY),
        limit=PAGE,
    )
    traded = await fills(
        installation,
        account_name=executor.account,
        connector_name=executor.connector,
        trading_pair=executor.pair,
        start=executor.created,
    )
    return merged_orders(found, traded.rows), len(found) < PAGE and traded.complete
