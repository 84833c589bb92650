"""Starting an executor once, and what is known of a start that failed or was never answered."""

from attrs import frozen

from hbmcp.errors import CallError, Failed
from hbmcp.installation.answer_fields import Fields, text
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.unknown_start import known_executor_ids, unknown_start
from hbmcp.installation.fresh_checks import Checks
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.sending import NOT_PLACED
from hbmcp.text import named, quoted
from hbmcp_tools import executors
from hummingbot_api.request import Json


@frozen
class Started:
    """What the API says of it."""

    executor_id: str
    status: str | None


async def start(installation: Installation, account_name: str, config: Config, checks: Checks) -> Started:
    """The caller uses start_executor and search_executors.

    Raises a CallError of NOT_PLACED, Stale among them, where nothing was started, else OutcomeUnknown with the
    executors that may be the one.
    """
    known = await known_executor_ids(installation, account_name, config)
    checks.hold()
    try:
        return await installation.read(
            _started,
            executors.start_executor,
            account_name=account_name,
            executor_config=config.sent,
            controller_id=config.get("controller_id"),
        )
    except NOT_PLACED:
        raise
    except CallError as error:
        raise await unknown_start(installation, account_name, config, error, known) from None


def failed_at_once(seen: Executor) -> Failed:
    """Of an executor that was started, and had failed when it was first looked at."""
    done = "It traded nothing." if not seen.filled else f"It traded {seen.filled:f} in quote units: see get_executor."
    advice = (
        "Free or add balance, or make it smaller; preview_executor shows what it needs."
        if seen.close_type == "INSUFFICIENT_BALANCE"
        else "Correct the cause before you create it again."
    )
    said = f" Its last error: {quoted(seen.error.removesuffix('.'))}." if seen.error else ""
    return Failed(
        f"Executor {named(seen.id)} was started, and at once it {seen.ending} ({named(seen.close_type)}).{said}",
        done,
        advice,
    )


def _started(answer: Json) -> Started:
    fields = Fields(answer)
    return Started(fields.needed("executor_id", text), fields.known("status", text))
