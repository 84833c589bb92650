"""Starting an executor, and looking what became of it."""

from typing import Any

from hbmcp.errors import CallError, Failed
from hbmcp.installation.answer_fields import Fields, text
from hbmcp.installation.executors.config.validation import refuse
from hbmcp.installation.executors.plan.preparation import ready
from hbmcp.installation.executors.run.no_orders_yet import idle
from hbmcp.installation.executors.run.polling import watch
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.unknown_start import before, lost
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.sending import NOT_PLACED
from hbmcp.results.answer import Answer
from hbmcp_tools import executors
from hummingbot_api.request import Json

LOOK = 3.0  # seconds in which its first orders are placed, or it has ended


async def create_executor(
    installation: Installation, *, account_name: str, executor_type: str, config: dict[str, Any]
) -> Answer:
    """How it stands a moment after its start.

    Raises BadArguments or Refused for what isn't sent, Failed for one that ended at once, OutcomeUnknown.
    """
    prepared = await ready(installation, "create_executor", account_name, executor_type, config)
    checked, notes = prepared.config, prepared.notes
    if prepared.foretold:
        refuse("create_executor", checked.kind, prepared.foretold.hindrances)
        notes = (*prepared.foretold.notes, *notes)
    known = await before(installation, account_name, checked)
    try:
        executor_id, status = await installation.read(
            _started,
            executors.start_executor,
            account_name=account_name,
            executor_config=checked.sent,
            controller_id=checked.get("controller_id"),
        )
    except NOT_PLACED:
        raise
    except CallError as error:
        raise await lost(installation, account_name, checked, error, known) from None
    seen = await watch(installation, executor_id, lambda one: one.ended or one.busy, LOOK)
    if isinstance(seen, CallError):
        return Answer(
            {"executor_id": executor_id, "status": status},
            (f"It was started, but couldn't be looked at: {seen.happened}", *notes),
        )
    if seen.failed:
        raise _failed(seen)
    waiting = "" if seen.ended or seen.busy else await idle(installation, seen, checked)
    return await view(installation, seen, (waiting, *notes))


def _started(answer: Json) -> tuple[str, str | None]:
    """Its id and status."""
    fields = Fields(answer)
    return fields.needed("executor_id", text), fields.known("status", text)


def _failed(seen: Executor) -> Failed:
    done = "It traded nothing." if not seen.filled else f"It traded {seen.filled:f} in quote units: see get_executor."
    advice = (
        "Free or add balance, or make it smaller; preview_executor shows what it needs."
        if seen.close_type == "INSUFFICIENT_BALANCE"
        else "Correct the cause before you create it again."
    )
    said = f' Its last error: "{seen.error.removesuffix(".")}".' if seen.error else ""
    return Failed(
        f"Executor {seen.id} was started, and at once it {seen.ending} ({seen.close_type}).{said}", done, advice
    )
