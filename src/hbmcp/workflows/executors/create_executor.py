"""Starting an executor, and looking what became of it."""

from typing import Any

from hbmcp import times
from hbmcp.errors import ApiFailed, CallError, Failed, OutcomeUnknown
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.validation import refuse
from hbmcp.installation.executors.plan.preparation import ready
from hbmcp.installation.executors.run.no_orders_yet import idle
from hbmcp.installation.executors.run.polling import watch
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import executors

LOOK = 3.0  # seconds in which its first orders are placed, or it has ended
AROUND = 60_000  # milliseconds by which the API's clock may differ from this one's


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
    began = times.now()
    try:
        started = await installation.ask(
            executors.start_executor,
            account_name=account_name,
            executor_config=checked.sent,
            controller_id=checked.get("controller_id"),
        )
    except (OutcomeUnknown, ApiFailed) as error:
        raise await _lost(installation, account_name, checked, began, error) from None
    executor_id = started["executor_id"]
    seen = await watch(installation, executor_id, lambda one: one.ended or one.busy, LOOK)
    if isinstance(seen, CallError):
        return Answer(
            {"executor_id": executor_id, "status": started["status"]},
            (f"It was started, but couldn't be looked at: {seen}", *notes),
        )
    if seen.failed:
        raise _failed(seen)
    waiting = "" if seen.ended or seen.busy else await idle(installation, seen, checked)
    return await view(installation, seen, (waiting, *notes))


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


async def _lost(
    installation: Installation, account_name: str, config: Config, began: int, error: CallError
) -> CallError:
    """The same error, with the executors that may be the one."""
    connector, pair = config.markets[0]
    try:
        rows = await installation.ask(
            executors.search_executors,
            account_name=account_name,
            executor_type=config.kind,  # type: ignore[arg-type]
            limit=100,
        )
    except CallError:
        return type(error)(
            error.happened,
            error.undone,
            f"Don't create it again before list_executors (account_name {account_name}, executor_type {config.kind}) "
            "shows whether it runs.",
        )
    found = [Executor.from_row(row) for row in rows["data"]]
    new = [
        f"{one.id} ({one.status})"
        for one in found
        if (one.created or 0) >= began - AROUND and one.pair in ("", pair) and one.connector in ("", connector)
    ]
    if new:
        return OutcomeUnknown(
            error.happened,
            f"It may run nevertheless: of its type and pair there began in the last minute {', '.join(new)}.",
            "Don't create it again: look with get_executor whether one of these is it.",
        )
    return type(error)(
        error.happened,
        "It doesn't seem to run: list_executors shows none of its type and pair that began in the last minute."
        if isinstance(error, ApiFailed)
        else "list_executors doesn't show it yet; it may still come.",
        error.advice
        if isinstance(error, ApiFailed)
        else "Don't create it again before a second look with list_executors, in half a minute, shows none.",
    )
