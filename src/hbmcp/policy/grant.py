"""What of a plan may be sent: each request of it, once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from hbmcp.cancellation import UNSENT, unsent
from hbmcp.catalog import Effect
from hbmcp.errors import CallError, NotAudited, OutcomeUnknown
from hbmcp.installation.fresh_checks import FRESH, Stale
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.audit.audit import Entry
from hbmcp.policy.audit.record import Sent
from hbmcp.times import ticking
from hummingbot_api.client import Response

T = TypeVar("T")

REDUCING: tuple[Effect, ...] = ("reduces", "cancels", "stops")  # never refused by a limit

IDS = ("order_id", "executor_id", "transaction_hash", "signature", "task_id", "bot_name", "id")  # of what was made


class Grant:
    """A plan that may be carried out. Its checks `began` then, by hbmcp.times.ticking. It is audited in `entry`, and
    `refuse` raises what came between, a halt, say."""

    def __init__(self, plan: Plan, began: float, entry: Entry, refuse: Callable[[PlannedRequest], None]) -> None:
        self._left = list(plan.requests)
        self._began = began
        self._entry = entry
        self._refuse = refuse
        self._came_to: list[Sent] = []
        self.spent: list[PlannedRequest] = []

    async def send(self, planned: PlannedRequest, ask: Callable[[], Awaitable[Response[T]]]) -> Response[T]:
        """Send a request of the plan, and note what came of it. Raises what `spend` and `ask` do."""
        await self.spend(planned)
        try:
            answer = await ask()
        except BaseException as error:
            self._came_to.append(Sent(planned, _outcome(error)))
            raise
        self._came_to.append(Sent(planned, "answered", _id(answer.raw)))
        return answer

    async def spend(self, planned: PlannedRequest) -> None:
        """Called in the moment before a request is sent; the first is on disk by then.

        Raises Stale where its checks are too old, unless it only reduces; NotAudited likewise, and Halted;
        RuntimeError for a request that the plan doesn't cover, or that was sent.
        """
        covering = next((one for one in self._left if one.covers(planned)), None)
        if covering is None:
            raise RuntimeError(f"{planned.tool} was to send what no plan covers: {planned.words}")
        self._left.remove(covering)
        try:
            unaudited = await self._entry.begin()
        except asyncio.CancelledError:
            raise asyncio.CancelledError(UNSENT) from None
        if planned.effect not in REDUCING:
            if unaudited is not None:
                raise NotAudited(
                    f"This can't be written to the audit log ({unaudited}), and what adds risk isn't sent without.",
                    "It wasn't sent.",
                    "A person must see that the log's disk and hbmcp's store can be written. What only reduces is sent "
                    "all the same.",
                )
            if ticking() - self._began > FRESH:
                raise Stale
        self._refuse(planned)
        self.spent.append(planned)

    async def end(self, error: BaseException | None, text: str = "") -> None:
        """Called once, however the call ended: with what it raised, or with its answer's text."""
        if isinstance(error, asyncio.CancelledError) and not self._entry.begun:
            return
        await self._entry.end(self._came_to, _outcome(error), str(error or text))


def _outcome(error: BaseException | None) -> str:
    """In a word, what an error says of a request or a call."""
    if error is None:
        return "done"
    if isinstance(error, asyncio.CancelledError):
        return "cancelled, not sent" if unsent(error) else "cancelled, unknown"
    return error.kind if isinstance(error, CallError) else OutcomeUnknown.kind


def _id(answer: Any) -> str | None:
    if not isinstance(answer, dict):
        return None
    return next((answer[name] for name in IDS if isinstance(answer.get(name), str)), None)
