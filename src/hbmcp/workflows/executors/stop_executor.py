"""Stopping an executor, and looking until it has ended and its orders are gone."""

from typing import Literal

from hbmcp.errors import ApiFailed, CallError, OutcomeUnknown, Refused
from hbmcp.installation.executors.run.kept_position import closing
from hbmcp.installation.executors.run.left_open import Leavings, leavings
from hbmcp.installation.executors.run.orders import NOT_NAMED
from hbmcp.installation.executors.run.polling import look, watch
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import open_orders, state, traded
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import executors

Position = Literal["close", "keep"]

ENDED_BY_ITSELF = "It ended by itself before it could be stopped."
STOPPED_BEFORE = "It was being stopped already: nothing was sent, and what was said then about its position holds."
NEVER_CLOSED = "What it traded was kept, although it was to be closed."


async def stop_executor(
    installation: Installation, *, executor_id: str, position: Position, wait: float = 10
) -> Answer:
    """What became of it within `wait` seconds: whether it has ended, its orders are gone, and what position is left.

    Raises Refused for one that is unknown or has ended, OutcomeUnknown where nobody knows whether it stops.
    """
    before = await look(installation, executor_id)
    if before.ended:
        raise Refused(
            f"Executor {executor_id} isn't running: it {before.ending}.",
            "Nothing was sent.",
            "get_executor shows what it did; close_position closes a position that it left open.",
        )
    note = STOPPED_BEFORE
    broken: CallError | None = None
    if before.status == "RUNNING":
        note = ""
        try:
            await installation.ask(
                executors.submit_executor_stop, executor_id=executor_id, keep_position=position == "keep"
            )
        except (OutcomeUnknown, ApiFailed) as error:
            broken = error
        except Refused:
            note = ENDED_BY_ITSELF
    seen = await watch(installation, executor_id, lambda one: one.ended, float(wait))
    if isinstance(seen, CallError):
        raise _unseen(executor_id, broken, seen)
    if broken is not None and seen.status == "RUNNING":
        raise type(broken)(
            broken.happened,
            f"It is still RUNNING after {wait:g} s.",
            "Look with get_executor; only while it says RUNNING there, call stop_executor again.",
        )
    if note == ENDED_BY_ITSELF and not seen.ended:
        raise Refused(f"The API refused to stop executor {executor_id}, which is {seen.status}.", "It runs on.")
    left = await leavings(installation, seen, before.order_ids | seen.order_ids)
    return _told(seen, left, position, note)


def _unseen(executor_id: str, broken: CallError | None, why: CallError) -> CallError:
    return OutcomeUnknown(
        broken.happened
        if broken
        else f"Executor {executor_id} was told to stop, but can't be looked at: {why.happened}",
        "Whether it has ended, and whether its orders are gone, isn't known.",
        "Look with get_executor and get_open_orders before you do anything else about it.",
    )


def _told(seen: Executor, left: Leavings, position: Position, note: str) -> Answer:
    resting = left.orders.open if left.orders else []
    value = {
        "result": _result(seen, left),
        **state(seen),
        **(traded(seen, left.orders) if left.orders else {}),
        "open_orders": open_orders(left.orders) if left.orders else [],
    }
    kept = position == "close" and seen.close_type == "POSITION_HOLD" and note != ENDED_BY_ITSELF
    advice = closing(seen, left.own, left.open) if seen.close_type == "POSITION_HOLD" and left.own else ""
    notes = (
        note,
        NEVER_CLOSED if kept else "",
        advice,
        NOT_NAMED.format(pair=seen.pair) if left.orders and not left.orders.own and resting else "",
        *left.notes,
    )
    return Answer(value, notes)


def _result(seen: Executor, left: Leavings) -> str:
    """ "TERMINATED: it was stopped; none of its orders rests; position on binance_perpetual: none" """
    parts = [
        f"{seen.status}: it {seen.ending}"
        if seen.ended
        else f"{seen.status}: not ended yet, look again with get_executor"
    ]
    if left.orders is not None:
        parts.append(_resting(len(left.orders.open), seen.pair, own=left.orders.own))
    if left.position is not None:
        parts.append(f"position of {seen.pair} on {seen.connector}: {left.position}")
    return "; ".join(parts)


def _resting(count: int, pair: str, *, own: bool) -> str:
    """Of others' orders nothing is said but where its own can't be told from those that came after it."""
    if not count:
        return "none of its orders rests"
    if own:
        return f"{count} of its orders still {'rests' if count == 1 else 'rest'}"
    return f"of the orders on {pair} since it began {count} still {'rests' if count == 1 else 'rest'}"
