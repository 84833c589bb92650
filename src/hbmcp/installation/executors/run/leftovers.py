"""What an executor leaves behind: orders that rest, a position."""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.run.coins import missing_coins
from hbmcp.installation.executors.run.kept_position import own_share
from hbmcp.installation.executors.run.orders import Orders, Traded, orders_of
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import open_text, position_text
from hbmcp.installation.installation import Installation, meanwhile
from hbmcp.installation.positions.empty_list import doubt_empty_list, sign_of_life
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.text import named


@frozen
class Leftovers:
    """`orders` None: not read. `own`: base units of what it left, below 0 for a short, None where nobody can tell.

    `open`: the positions of its pair on a perpetual exchange, None where they aren't known. `position`: what is left in
    words, "none", or None where nobody knows, or it has only traded coins. `missing`: that not all of the coins are
    there any more. `notes`: what isn't known, and why.
    """

    orders: Orders | None
    own: Decimal | None
    open: tuple[Position, ...] | None
    position: str | None
    notes: tuple[str, ...]
    missing: str = ""


async def leftovers(installation: Installation, executor: Executor, known: frozenset[str]) -> Leftovers:
    """Now. `known` are order ids from before: an executor forgets them when it ends.

    The workflow uses search_orders, get_trades, list_positions, get_prices and get_portfolio_state. Raises nothing.
    """
    notes = []
    orders: Orders | None = None
    try:
        orders = await orders_of(installation, executor, known)
    except CallError as error:
        notes.append(f"Whether its orders are gone isn't known: {error.happened}")
    own = _own(executor, orders)
    rows: tuple[Position, ...] | None = None
    position: str | None = None
    if is_perpetual(executor.connector):
        try:
            rows = await _on_exchange(installation, executor)
            position = " and ".join(position_text(one.amount * one.direction, one.pair) for one in rows) or "none"
            position += own_share(own, rows)
        except CallError as error:
            notes.append(f"Whether a position is left isn't known: {error.happened}")
    elif own is not None and not executor.only_trades:
        position = f"{open_text(executor, own)}, before fees" if own else "none"
    missing = "" if orders is None else await missing_coins(installation, executor, orders)
    return Leftovers(orders, own, rows, position, tuple(notes), missing)


def _own(executor: Executor, orders: Orders | None) -> Decimal | None:
    """By its fills, or where these can't be told from others', by what it says that it kept."""
    if orders is not None and orders.own and orders.complete:
        return Traded.of(orders.fills, "BUY").amount - Traded.of(orders.fills, "SELL").amount
    return executor.position_left


async def _on_exchange(installation: Installation, executor: Executor) -> tuple[Position, ...]:
    """The whole positions of its pair, other executors' and orders' in them."""
    async with meanwhile(sign_of_life(installation, executor.connector)) as sign:
        listed = await listed_positions(installation, executor.account, executor.connector)
        found = tuple(one for one in listed if one.pair == executor.pair)
        if not found:
            why = await doubt_empty_list(installation, executor.account, executor.connector, await sign, executor.pair)
            if why is not None:
                raise CallError(f"{named(executor.connector)}: {why}")
    return found
