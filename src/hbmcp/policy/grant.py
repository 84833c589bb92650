"""What of a plan may be sent: each request of it, once; and what became of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import define

from hbmcp.cancellation import unsent
from hbmcp.catalog import Effect
from hbmcp.errors import (
    BadArguments,
    Failed,
    NotConfigured,
    Refused,
    Rejected,
    ServiceDown,
    UnknownOperation,
    Unreachable,
    WrongCredentials,
)
from hbmcp.installation.fresh_checks import FRESH, Stale
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.store import Settled
from hbmcp.times import ticking
from hummingbot_api.client import Response

REDUCING: tuple[Effect, ...] = ("reduces", "cancels", "stops")  # never refused by a limit

# What says for certain that nothing was done.
_NOT_DONE = (
    BadArguments,
    Failed,
    NotConfigured,
    Refused,
    ServiceDown,
    UnknownOperation,
    Unreachable,
    WrongCredentials,
)
# Where an answer has the id of what was made.
_IDS = ("order_id", "executor_id", "transaction_hash", "signature", "position_address", "instance_name", "task_id")

Settle = Callable[[Mapping[int, Settled | None]], Awaitable[None]]


@define(eq=False)
class Spent:
    """A request of a plan that goes out, at that `place` in it. `error` is what came instead of an answer."""

    place: int
    planned: PlannedRequest
    answered: bool = False
    reference: str | None = None
    error: BaseException | None = None

    async def answer(self, response: Awaitable[Response[Any]]) -> Response[Any]:
        """The answer to it, noted; raises what comes instead."""
        try:
            found = await response
        except BaseException as error:
            self.error = error
            raise
        self.answered = True
        self.reference = _reference(found.raw)
        return found

    @property
    def settled(self) -> Settled | None:
        """None where it surely wasn't done."""
        if self.answered:
            return Settled("sent", self.reference)
        if isinstance(self.error, asyncio.CancelledError):
            return None if unsent(self.error) else Settled("unknown", None)
        return None if isinstance(self.error, _NOT_DONE) else Settled("unknown", None)


class Grant:
    """A plan that may be carried out. Its checks `began` then, by hbmcp.times.ticking. `settle` is told at the end what
    became of each request, by its place in the plan; None where it wasn't done."""

    def __init__(self, plan: Plan, began: float, settle: Settle | None = None) -> None:
        self._left = list(enumerate(plan.requests))
        self._places = range(len(plan.requests))
        self._began = began
        self._settle = settle
        self.spent: list[Spent] = []

    async def spend(self, planned: PlannedRequest) -> Spent:
        """Called in the moment before a request is sent.

        Raises Stale where its checks are too old, unless it only reduces; RuntimeError for a request that the plan
        doesn't cover, or that was sent.
        """
        covering = next((one for one in self._left if one[1].covers(planned)), None)
        if covering is None:
            raise RuntimeError(f"{planned.tool} was to send what no plan covers: {planned.words}")
        if planned.effect not in REDUCING and ticking() - self._began > FRESH:
            raise Stale
        self._left.remove(covering)
        spent = Spent(covering[0], planned)
        self.spent.append(spent)
        return spent

    async def end(self, error: BaseException | None) -> None:
        """Called once, however the call ended: with an answer, or this error. Raises nothing."""
        if self._settle is None:
            return
        outcomes: dict[int, Settled | None] = dict.fromkeys(self._places)
        outcomes |= {one.place: one.settled for one in self.spent}
        if len(self.spent) == 1 and isinstance(error, Rejected):
            outcomes[self.spent[0].place] = None
        await self._settle(outcomes)


def _reference(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        return None
    return next((str(answer[name]) for name in _IDS if isinstance(answer.get(name), str | int) and answer[name]), None)
