"""Starting an executor once, and what is known of a start that failed or was never answered."""

from collections.abc import Iterator

from attrs import frozen

from hbmcp import times
from hbmcp.errors import ApiFailed, CallError, Failed, OutcomeUnknown
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp_tools import executors

AROUND = 60_000  # milliseconds by which the API's clock may differ from this one's


@frozen
class Started:
    """What the API says of it."""

    executor_id: str
    status: str


async def start(installation: Installation, account_name: str, config: Config) -> Started:
    """The caller uses start_executor, and search_executors where that isn't answered.

    Raises Refused, OutcomeUnknown or ApiFailed with the executors that may nevertheless be the one.
    """
    began = times.now()
    try:
        answer = await installation.ask(
            executors.start_executor,
            account_name=account_name,
            executor_config=config.sent,
            controller_id=config.get("controller_id"),
        )
    except (OutcomeUnknown, ApiFailed) as error:
        raise await _unanswered(installation, account_name, config, began, error) from None
    return Started(answer["executor_id"], answer["status"])


def failed_at_once(seen: Executor) -> Failed:
    """Of an executor that was started, and had failed when it was first looked at."""
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


async def _unanswered(
    installation: Installation, account_name: str, config: Config, began: int, error: CallError
) -> CallError:
    """The same error, with what list_executors tells of it."""
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
    if candidates := list(_candidates(map(Executor.from_row, rows["data"]), config, began)):
        return OutcomeUnknown(
            error.happened,
            f"It may run nevertheless: of its type and pair there began in the last minute {', '.join(candidates)}.",
            "Don't create it again: look with get_executor whether one of these is it.",
        )
    if isinstance(error, ApiFailed):
        nowhere = (
            "It doesn't seem to run: list_executors shows none of its type and pair that began in the last minute."
        )
        return type(error)(error.happened, nowhere, error.advice)
    return type(error)(
        error.happened,
        "list_executors doesn't show it yet; it may still come.",
        "Don't create it again before a second look with list_executors, in half a minute, shows none.",
    )


def _candidates(found: Iterator[Executor], config: Config, began: int) -> Iterator[str]:
    """Those that began since, on its market as far as it is known."""
    connector, pair = config.markets[0]
    for one in found:
        if (one.created or 0) >= began - AROUND and one.pair in ("", pair) and one.connector in ("", connector):
            yield f"{one.id} ({one.status})"
