"""What of a plan may be sent: each request of it, once; and what became of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from attrs import define

from hbmcp.caller import Kind
from hbmcp.cancellation import UNSENT, unsent
from hbmcp.errors import CallError, NotAudited, OutcomeUnknown, Rejected
from hbmcp.installation.fresh_checks import FRESH, SOON, Stale
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.audit.audit import Entry
from hbmcp.policy.audit.record import Sent
from hbmcp.policy.goes_on import goes_on, goes_unrecorded
from hbmcp.store import NOTHING, Settled, Settling
from hbmcp.times import ticking
from hummingbot_api.client import Response

T = TypeVar("T")

# Where an answer has the id of what was made.
_IDS = (
    "order_id",
    "executor_id",
    "transaction_hash",
    "signature",
    "position_address",
    "instance_name",
    "task_id",
    "bot_name",
)

Outcomes = Mapping[int, Settled | None]  # of requests by their places in a plan, None for what surely wasn't done


class Reservation(Protocol):
    """What was counted of a plan."""

    def settling(self, outcomes: Outcomes) -> Settling:
        """What the store is to be told."""

    async def settle(self, settling: Settling) -> None:
        """Tell it. Raises nothing."""


class Firing(Protocol):
    """A trigger that fires. One that `protects` sells no more than that, and so only reduces."""

    @property
    def protects(self) -> bool: ...

    async def sending(self, planned: PlannedRequest) -> None:
        """Right before each request leaves. What is raised here keeps it back, and nothing of it was sent."""

    def ended(self, outcomes: Outcomes) -> None:
        """What became of each request."""


@define(eq=False)
class Spent:
    """A request of a plan that goes out, at that `place` in it. `error` is what came instead of an answer."""

    place: int
    planned: PlannedRequest
    answered: bool = False
    reference: str | None = None
    error: BaseException | None = None

    @property
    def settled(self) -> Settled | None:
        """None where it surely wasn't done."""
        if self.answered:
            return Settled("sent", self.reference)
        if isinstance(self.error, asyncio.CancelledError):
            return None if unsent(self.error) else Settled("unknown", None)
        undone = isinstance(self.error, CallError) and self.error.nothing_done
        return None if undone else Settled("unknown", None)


class Grant:
    """A plan of a `kind` of caller that may be carried out. Its checks `began` then, and were done when it was
    `checked`, by hbmcp.times.ticking. It is audited in `entry`; `refuse` raises what came between, a halt, say; and
    what was `reserved` is settled at the end as it came. `firing`, the trigger that sends it, is told that too."""

    def __init__(
        self,
        plan: Plan,
        began: float,
        checked: float,
        kind: Kind,
        entry: Entry,
        refuse: Callable[[PlannedRequest], Awaitable[None]],
        reserved: Reservation | None,
        firing: Firing | None,
    ) -> None:
        self._firing = firing
        self._left = list(enumerate(plan.requests))
        self._places = range(len(plan.requests))
        self._began = began
        self._checked = checked
        self._kind = kind
        self._entry = entry
        self._refuse = refuse
        self._reserved = reserved
        self.spent: list[Spent] = []
        self.told = False  # whether who called heard what became of it

    async def send(self, planned: PlannedRequest, ask: Callable[[], Awaitable[Response[T]]]) -> Response[T]:
        """Send a request of the plan, once, and note what came of it; it is on disk by then.

        Raises what `ask` does; Stale where the plan's checks are too old, NotAudited and Halted, where nothing was
        sent, and what only reduces isn't stopped by the first two; RuntimeError for a request that the plan doesn't
        cover, or that was sent.
        """
        spent, answer = await self._done(planned, ask)
        spent.reference = _reference(answer.raw)
        return answer

    async def keep(self, planned: PlannedRequest, write: Callable[[], Awaitable[None]]) -> None:
        """Write what the plan would keep in hbmcp's own store, once. Raises what `write` does, and as `send`."""
        await self._done(planned, write)

    async def _done(self, planned: PlannedRequest, do: Callable[[], Awaitable[T]]) -> tuple[Spent, T]:
        spent = await self._spend(planned)
        try:
            answer = await do()
        except BaseException as error:
            spent.error = error
            raise
        spent.answered = True
        return spent, answer

    async def _spend(self, planned: PlannedRequest) -> Spent:
        itself = (one for one in self._left if one[1] == planned)
        covering = next(itself, None) or next((one for one in self._left if one[1].covers(planned)), None)
        if covering is None:
            raise RuntimeError(f"{planned.tool} was to send what no plan covers: {planned.words}")
        self._left.remove(covering)
        judged = covering[1]
        try:
            unaudited = await self._entry.begin()
            await self._refuse(judged)
            if self._firing is not None:
                await self._firing.sending(judged)
        except asyncio.CancelledError:
            raise asyncio.CancelledError(UNSENT) from None
        if not goes_on(judged.effect, self._kind):
            if unaudited is not None and not goes_unrecorded(judged, self._kind):
                raise NotAudited(
                    f"This can't be written to the audit log ({unaudited}), and what adds risk isn't sent without.",
                    "It wasn't sent.",
                    "A person must see that the log's disk and hbmcp's store can be written. What only reduces is sent "
                    "all the same.",
                )
            moment = ticking()
            if moment > self._began + FRESH or (not self.spent and moment > self._checked + SOON):
                raise Stale
        spent = Spent(covering[0], planned)
        self.spent.append(spent)
        return spent

    async def end(self, error: BaseException | None, text: str = "") -> None:
        """Called once, however the call ended: with what it raised, or with its answer's text. Raises nothing."""
        self.told = not isinstance(error, asyncio.CancelledError)
        sent = [Sent(one.planned, _outcome(one.error, "answered"), one.reference) for one in self.spent]
        if error is None and not self._places:  # it only waited, which was granted too
            await self._entry.begin()
        outcomes: dict[int, Settled | None] = dict.fromkeys(self._places)
        outcomes |= {one.place: one.settled for one in self.spent}
        if len(self.spent) == 1 and isinstance(error, Rejected):
            outcomes[self.spent[0].place] = None
        if self._firing is not None:
            self._firing.ended(outcomes)
        settling = NOTHING if self._reserved is None else self._reserved.settling(outcomes)
        settled = False
        if self._entry.begun or not isinstance(error, asyncio.CancelledError):  # who hangs up isn't refused
            settled = await self._entry.end(sent, _outcome(error, "done"), str(error or text), settling)
        if self._reserved is not None and not settled:
            await self._reserved.settle(settling)


def _outcome(error: BaseException | None, good: str) -> str:
    """In a word, what an error says of a request or a call."""
    if error is None:
        return good
    if isinstance(error, asyncio.CancelledError):
        return "cancelled, not sent" if unsent(error) else "cancelled, unknown"
    return error.kind if isinstance(error, CallError) else OutcomeUnknown.kind


def _reference(answer: Any) -> str | None:
    if not isinstance(answer, Mapping):
        return None
    return next((str(answer[name]) for name in _IDS if isinstance(answer.get(name), str | int) and answer[name]), None)
