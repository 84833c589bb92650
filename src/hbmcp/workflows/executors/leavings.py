"""What an executor leaves behind: orders that rest, a position."""

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.workflows import Installation
from hbmcp.workflows.executors.orders import Orders, Traded, orders_of
from hbmcp.workflows.executors.record import Executor
from hbmcp.workflows.executors.view import held
from hbmcp.workflows.trading.positions import is_perpetual, listed_positions
from hbmcp.workflows.trading.silence import doubt


@frozen
class Leavings:
    """`orders` None: not read. `position`: in words, "none", or None where nobody knows. `notes`: why not."""

    orders: Orders | None
    position: str | None
    notes: tuple[str, ...]


async def leavings(installation: Installation, executor: Executor, known: frozenset[str]) -> Leavings:
    """Now. `known` are order ids from before: an executor forgets them when it ends.

    The workflow uses search_orders, get_trades, list_positions and get_prices. Raises nothing.
    """
    notes = []
    orders: Orders | None = None
    try:
        orders = await orders_of(installation, executor, known)
    except CallError as error:
        notes.append(f"Whether its orders are gone isn't known: {error}")
    position: str | None = None
    if is_perpetual(executor.connector):
        try:
            position = await _on_exchange(installation, executor)
        except CallError as error:
            notes.append(f"Whether a position is left isn't known: {error}")
    elif orders is not None and orders.own:
        position = _by_fills(executor, orders)
    return Leavings(orders, position, tuple(notes))


async def _on_exchange(installation: Installation, executor: Executor) -> str:
    """The whole position of its pair, other executors' and orders' in it."""
    listed = await listed_positions(installation, executor.account, executor.connector)
    found = [held(one.amount * one.direction, one.pair) for one in listed if one.pair == executor.pair]
    if found:
        return " and ".join(found)
    why = await doubt(installation, executor.account, executor.connector, executor.pair)
    if why is not None:
        raise CallError(f"{executor.connector}: {why}")
    return "none"


def _by_fills(executor: Executor, orders: Orders) -> str:
    net = Traded.of(orders.fills, "BUY").amount - Traded.of(orders.fills, "SELL").amount
    base = executor.pair.partition("-")[0]
    if not net:
        return "none"
    return f"{abs(net):f} {base} {'bought and not sold again' if net > 0 else 'sold and not bought again'}, before fees"
