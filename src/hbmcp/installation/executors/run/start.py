"""Starting an executor once, and what is known of a start that failed or was never answered."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from attrs import evolve, frozen

from hbmcp.cancellation import unsent
from hbmcp.errors import CallError, Failed
from hbmcp.figures import money
from hbmcp.installation.answer_fields import Fields, text
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.preparation import Prepared
from hbmcp.installation.executors.plan.stake import stake, stakes
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.unknown_start import KnownIds, describe_start, unknown_start
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.sending import NOT_PLACED
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.text import named, quoted
from hbmcp_tools import executors
from hummingbot_api.request import Json

logger = logging.getLogger(__name__)


@frozen
class Started:
    """What the API says of it."""

    executor_id: str
    status: str | None


def planned_start(account_name: str, prepared: Prepared) -> PlannedRequest:
    """The request that starts it."""
    config, what = prepared.config, stake(account_name, prepared)
    worth = "" if what.value is None else f", worth up to {money(what.value):f} in quote"
    planned = PlannedRequest.of(
        "opens",
        f"{describe_start(config.kind, what.side, what.pair, what.exchange, account_name)}{worth}",
        what,
        executors.start_executor,
        account_name=account_name,
        executor_config=config.sent,
        controller_id=config.values.get("controller_id"),  # "main" is the API's own default, where it has one
    )
    closes: Literal["now", "once it fills"] | None = None
    if config.perpetual and config.get("position_action") == "CLOSE":
        closes = "now" if config.get("execution_strategy") == "MARKET" else "once it fills"
    uncovered = None if prepared.forecast is None else prepared.forecast.uncovered
    return evolve(planned, trades=stakes(account_name, prepared), closes=closes, uncovered=uncovered)


async def start(
    installation: Installation, account_name: str, config: Config, planned: PlannedRequest, known: KnownIds
) -> Started:
    """`known` are the ids of the executors there before. The caller uses start_executor and search_executors.

    Raises a CallError of NOT_PLACED, Stale among them, where nothing was started, else OutcomeUnknown with the
    executors that may be the one.
    """
    try:
        return await installation.send(planned, _started)
    except NOT_PLACED:
        raise
    except asyncio.CancelledError as error:
        if not unsent(error):
            logger.warning("Cancelled before its id was known, so it may run: %s", planned.words)
        raise
    except CallError as error:
        raise await unknown_start(installation, account_name, config, error, known) from None


@contextmanager
def logged_if_cancelled(started: Started) -> Iterator[None]:
    """Nobody is answered then, and nothing else keeps its id."""
    try:
        yield
    except asyncio.CancelledError:
        logger.warning("Cancelled after executor %s was started", named(started.executor_id))
        raise


def failed_at_once(seen: Executor) -> Failed:
    """Of an executor that was started, and had failed when it was first looked at."""
    done = "It traded nothing." if not seen.filled else f"It traded {seen.filled:f} in quote units: see get_executor."
    advice = (
        "Free or add balance, or make it smaller; create_executor with preview=true shows what it needs."
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
