"""Starting an executor, and looking what became of it."""

from typing import Any

from hbmcp.errors import CallError
from hbmcp.installation.executors.config.validation import refuse
from hbmcp.installation.executors.plan.preparation import Prepared, prepare
from hbmcp.installation.executors.run.no_orders_yet import no_orders_note
from hbmcp.installation.executors.run.polling import wait_until
from hbmcp.installation.executors.run.start import Started, failed_at_once, start
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.fresh_checks import Checks, on_fresh_checks
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer

LOOK = 3.0  # seconds in which its first orders are placed, or it has ended


async def create_executor(
    installation: Installation, *, account_name: str, executor_type: str, config: dict[str, Any]
) -> Answer:
    """How it stands a moment after its start.

    Raises BadArguments or Refused for what isn't sent, Failed for one that ended at once, OutcomeUnknown.
    """

    async def check_and_start(checks: Checks) -> tuple[Prepared, Started]:
        prepared = await prepare(installation, "create_executor", account_name, executor_type, config)
        if prepared.forecast:
            refuse("create_executor", prepared.config.kind, prepared.forecast.refusals)
        return prepared, await start(installation, account_name, prepared.config, checks)

    prepared, started = await on_fresh_checks(check_and_start)
    checked, notes = prepared.config, prepared.notes
    if prepared.forecast:
        notes = (*prepared.forecast.notes, *notes)
    seen = await wait_until(installation, started.executor_id, lambda one: one.ended or one.has_placed_orders, LOOK)
    if isinstance(seen, CallError):
        return Answer(
            {"executor_id": started.executor_id, "status": started.status},
            (f"It was started, but couldn't be looked at: {seen.happened}", *notes),
        )
    if seen.failed:
        raise failed_at_once(seen)
    waiting = "" if seen.ended or seen.has_placed_orders else await no_orders_note(installation, seen, checked)
    return await view(installation, seen, (waiting, *notes))
