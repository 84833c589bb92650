"""Stopping an executor once, and looking until it has ended."""

from typing import Literal

from attrs import frozen

from hbmcp.errors import ApiFailed, CallError, OutcomeUnknown, Refused
from hbmcp.installation.executors.run.polling import wait_until
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.fresh_checks import HELD_BACK
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import executors

Position = Literal["close", "keep"]  # what is to become of it

ENDED_BY_ITSELF = "It ended by itself before it could be stopped."
STOPPED_BEFORE = "It was being stopped already: nothing was sent, and what was said then about its position holds."


@frozen
class Stopped:
    """The executor as it was last seen, which may not have ended yet. `note` is "" where it was told to stop now."""

    executor: Executor
    note: str

    @property
    def by_itself(self) -> bool:
        return self.note == ENDED_BY_ITSELF


def planned_stop(before: Executor, position: Position) -> PlannedRequest | None:
    """The request that stops it; None for one that is being stopped. Raises Refused for one that has ended."""
    if before.ended:
        raise Refused(
            f"Executor {named(before.id)} isn't running: it {before.ending}.",
            "Nothing was sent.",
            "get_executor shows what it did; close_position closes a position that it left open.",
        )
    if before.status != "RUNNING":
        return None
    becomes = "keeps" if position == "keep" else "closes"
    return PlannedRequest.of(
        "stops",
        f"stop executor {named(before.id)} ({named(before.pair)} on {named(before.connector)}), which {becomes} what "
        "it holds",
        Stake(account=before.account, exchange=before.connector, pair=before.pair, type=before.kind),
        executors.submit_executor_stop,
        executor_id=before.id,
        keep_position=position == "keep",
    )


async def stop(installation: Installation, before: Executor, planned: PlannedRequest | None, wait: float) -> Stopped:
    """Tell it to stop, unless it is being stopped, and look at it for `wait` seconds or until it has ended.

    The caller uses submit_executor_stop and get_executor_record. Raises OutcomeUnknown where nobody knows whether it
    stops, ApiFailed where it runs on.
    """
    note = STOPPED_BEFORE
    broken: CallError | None = None
    if planned is not None:
        note = ""
        try:
            await installation.send(planned)
        except (OutcomeUnknown, ApiFailed) as error:
            broken = error
        except HELD_BACK:
            raise
        except Refused:
            note = ENDED_BY_ITSELF
    seen = await wait_until(installation, before.id, lambda one: one.ended, wait)
    if isinstance(seen, CallError):
        raise _unseen(before.id, broken, seen)
    if broken is not None and seen.status == "RUNNING":
        raise type(broken)(
            broken.happened,
            f"It is still RUNNING after {wait:g} s.",
            "Look with get_executor; only while it says RUNNING there, call stop_executor again.",
        )
    if note == ENDED_BY_ITSELF and not seen.ended:
        raise Refused(
            f"The API refused to stop executor {named(before.id)}, which is {named(seen.status)}.", "It runs on."
        )
    return Stopped(seen, note)


def _unseen(executor_id: str, broken: CallError | None, why: CallError) -> CallError:
    return OutcomeUnknown(
        broken.happened
        if broken
        else f"Executor {named(executor_id)} was told to stop, but can't be looked at: {why.happened}",
        "Whether it has ended, and whether its orders are gone, isn't known.",
        "Look with get_executor and get_open_orders before you do anything else about it.",
    )
