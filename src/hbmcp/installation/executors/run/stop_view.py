"""An executor that was stopped as it is shown: whether it has ended, and what it leaves open."""

from hbmcp.figures import plain
from hbmcp.installation.executors.run.kept_position import how_to_close
from hbmcp.installation.executors.run.leftovers import Leftovers
from hbmcp.installation.executors.run.orders import NOT_NAMED
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.stop import Position, Stopped
from hbmcp.installation.executors.run.view import kept_note, open_orders, rest_note, state, traded
from hbmcp.results.answer import Answer
from hbmcp.text import named

NEVER_CLOSED = "What it traded was kept, although it was to be closed."


def ask_what_becomes_of(executor: Executor, held: str) -> Answer:
    """Of one that holds something, where nobody said whether that is to be closed."""
    pnl = (
        ""
        if executor.pnl is None
        else f", and its net P&L is {plain(executor.pnl):f} {named(executor.quote)} after fees"
    )
    return Answer(
        f"It holds {held}{pnl}. Not stopped yet.",
        ("Call again with position: close sells or buys that back at market, keep leaves it open and unguarded.",),
    )


def stop_view(stopped: Stopped, left: Leftovers, position: Position | None) -> Answer:
    """The whole answer; `position` is what was to become of it, None where it held nothing."""
    executor, orders = stopped.executor, left.orders
    value = {
        "result": _result(executor, left, held_nothing=position is None),
        **state(executor),
        **(traded(executor, orders) if orders else {}),
        "open_orders": open_orders(orders.open) if orders else [],
    }
    keeps = executor.close_type == "POSITION_HOLD"
    notes = (
        stopped.note,
        NEVER_CLOSED if keeps and position == "close" and not stopped.by_itself else "",
        how_to_close(executor, left.own, left.open) if keeps and left.own and not left.missing else "",
        left.missing,
        NOT_NAMED.format(pair=named(executor.pair)) if orders and not orders.own and orders.open else "",
        rest_note(executor),
        kept_note(executor),
        *left.notes,
    )
    return Answer(value, notes)


def _result(seen: Executor, left: Leftovers, *, held_nothing: bool) -> str:
    """ "TERMINATED: it was stopped; none of its orders rests; position on binance_perpetual: none" """
    kept_nothing = held_nothing and seen.close_type == "POSITION_HOLD" and not left.own
    parts = [
        f"{named(seen.status)}: it {'was stopped' if kept_nothing else seen.ending}"
        if seen.ended
        else f"{named(seen.status)}: not ended yet, look again with get_executor"
    ]
    if left.orders is not None:
        parts.append(_resting(len(left.orders.open), seen.pair, own=left.orders.own))
    if left.position is not None:
        parts.append(f"position of {named(seen.pair)} on {named(seen.connector)}: {left.position}")
    return "; ".join(parts)


def _resting(count: int, pair: str, *, own: bool) -> str:
    """Of others' orders nothing is said but where its own can't be told from those that came after it."""
    if not count:
        return "none of its orders rests"
    if own:
        return f"{count} of its orders still {'rests' if count == 1 else 'rest'}"
    return f"of the orders on {named(pair)} since it began {count} still {'rests' if count == 1 else 'rest'}"
