"""Stopping an executor, and looking until it has ended and its orders are gone."""

from hbmcp.installation.executors.run.held_now import held_now
from hbmcp.installation.executors.run.leftovers import leftovers
from hbmcp.installation.executors.run.polling import read_executor
from hbmcp.installation.executors.run.stop import STOPPED_BEFORE, Position, planned_stop, stop
from hbmcp.installation.executors.run.stop_view import ask_what_becomes_of, stop_view
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.results.answer import Answer


async def stop_executor(
    installation: Installation, *, executor_id: str, position: Position | None = None, wait: float = 10
) -> Plan:
    """What became of it within `wait` seconds: whether it has ended, its orders are gone, and what position is left.

    Where it holds something and `position` doesn't say what is to become of that, it isn't stopped: what it holds is
    told. What fills only while it stops is kept then, since nobody said that it may be sold.

    Raises Refused for one that is unknown or has ended, OutcomeUnknown where nobody knows whether it stops.
    """
    before = await read_executor(installation, executor_id)
    if position is None and before.status == "RUNNING" and (held := await held_now(installation, before)):
        return Plan(ask_what_becomes_of(before, held))
    planned = planned_stop(before, position or "keep")

    async def commit(installation: Installation) -> Answer:
        stopped = await stop(installation, before, planned, float(wait))
        left = await leftovers(installation, stopped.executor, before.order_ids | stopped.executor.order_ids)
        return stop_view(stopped, left, position)

    if planned is None:
        return Plan(Answer(STOPPED_BEFORE), (), commit)
    return Plan(Answer({"would_send": planned.words}), (planned,), commit)
