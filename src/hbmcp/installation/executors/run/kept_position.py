"""Whose the open position of a pair is once an executor has ended, and how to close what the executor left: pure."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.figures import plain
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import position_text
from hbmcp.installation.positions.position import Position
from hbmcp.text import named


def unguarded(executor: Executor) -> str:
    """That of one that left something; "" of one whose trades leave no position."""
    if executor.only_trades:
        return ""
    return f"Nothing guards what it left now{'' if executor.keeps else ': its stops have ended with it'}."


def own_share(own: Decimal | None, rows: Sequence[Position]) -> str:
    """What of the positions of its pair is the executor's, to be added to them; "" where all is, or nobody knows.

    `own`: base units that it left, below 0 for a short.
    """
    if own is None or not rows:
        return ""
    same = _same(own, rows)
    if not own or same is None:
        return ", none of it this executor's"
    return f", of which this executor left {plain(abs(own)):f}" if same.amount > abs(own) else ""


def how_to_close(executor: Executor, own: Decimal, rows: Sequence[Position] | None) -> str:
    """How to close what it left, `own` base units that aren't 0. `rows` None: what is open isn't known. "" for
    one that has only traded coins, as it was to."""
    if executor.only_trades:
        return ""
    bare = unguarded(executor)
    size, left = plain(abs(own)), position_text(own, executor.pair)
    order = (
        f"place_order with account_name {named(executor.account)}, connector_name {named(executor.connector)}, "
        "trading_pair "
        f"{named(executor.pair)}, side {'SELL' if own > 0 else 'BUY'}, amount {size:f}, order_type MARKET"
    )
    if not is_perpetual(executor.connector):
        return f"{bare} To trade it back: {order}; less the fee, where that was taken out of it."
    order += ", position_action CLOSE"
    if rows is None:
        return f"{bare} Once get_positions shows it, close its {left} with {order}."
    same = _same(own, rows)
    if same is None:
        now = " and ".join(position_text(one.amount * one.direction, one.pair) for one in rows) or "nothing"
        return f"Its {left} has only reduced what was open the other way: {now} is open now, and nothing of its own."
    if same.amount > abs(own):
        rest = position_text(same.direction * (same.amount - abs(own)), executor.pair)
        return f"{bare} The other {rest} isn't its own. To close just its {left}: {order}."
    less = f" Of its {left} only {plain(same.amount):f} is still open." if same.amount < abs(own) else ""
    return (
        f"{bare}{less} To close it: close_position with account_name {named(executor.account)}, connector_name "
        f"{named(executor.connector)}, trading_pair {named(executor.pair)}, side {same.side}."
    )


def _same(own: Decimal, rows: Sequence[Position]) -> Position | None:
    """The position in the direction of what it left."""
    return next((one for one in rows if one.direction * own > 0), None)
