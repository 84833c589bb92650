"""A Hummingbot installation as hbmcp sees it: what it can be asked, and what is remembered of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, overload

from attrs import evolve, frozen

from hbmcp.caller import Access
from hbmcp.errors import CallError, ReadTimedOut, UnreadableAnswer
from hbmcp.errors.key_page import no_page
from hbmcp.errors.reasons import misfit
from hbmcp.identity import Identity
from hbmcp.installation.answer_fields import Reading, anything
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Request

if TYPE_CHECKING:
    from hbmcp.installation.planned_request import Later, PlannedRequest
    from hbmcp.results.answer import Answer
    from hbmcp.store import Store

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

AT_ONCE = 8  # requests of one caller under way: the API passes most of them on to exchanges, which count them


class Ask(Protocol):
    """Sends the request of one of the reads that a caller may use, and gives the JSON of its answer."""

    def __call__(self, name: str, build: Callable[[], Request[Any]]) -> Awaitable[Any]: ...


class Send(Protocol):
    """Sends a request that a granted plan covers, and gives the JSON of its answer."""

    def __call__(self, planned: "PlannedRequest") -> Awaitable[Any]: ...


class Keep(Protocol):
    """Writes to hbmcp's own store what a granted plan covers."""

    def __call__(self, planned: "PlannedRequest", write: Callable[[], Awaitable[None]]) -> Awaitable[None]: ...


@frozen
class Foreseen:
    """The call of another tool as it would be planned now: its `arguments` as they were meant, what it would send, what
    a preview shows, and what it would arm. Nothing of it is sent; who plans the same and may, can `commit` it."""

    arguments: Mapping[str, Any]
    requests: "tuple[PlannedRequest, ...]"
    shown: "Answer"
    later: "tuple[Later, ...]" = ()
    commit: "Callable[[Installation], Awaitable[Answer]] | None" = None


class Verdict(Protocol):
    """What the policy would say of what a tool would send, in a sentence; "" where that tool is off."""

    def __call__(self, tool: str, planned: "PlannedRequest") -> Awaitable[str]: ...


class Foresee(Protocol):
    """Checks and plans the call of another tool that isn't a read, with the installation as `seen` makes it."""

    def __call__(
        self, tool: str, arguments: Mapping[str, Any], seen: "Callable[[Installation], Installation]"
    ) -> Awaitable[Foreseen]: ...


@frozen
class Installation:
    """An installation for one caller: it can be asked for the reads that that caller may use. A plan has none that it
    can send with; its commit has. `access` is the token that the caller showed; `heard` whether somebody reads what the
    call comes to, as of a trigger's nobody does."""

    _ask: Ask
    store: "Store"
    identity: Identity
    _send: Send | None = None
    _keep: Keep | None = None
    _standing: Callable[[], Awaitable[tuple[str, ...]]] | None = None
    _foresee: Foresee | None = None
    _type_keys: Callable[[str, str], Awaitable[str]] | None = None
    _differs: Callable[[float], Awaitable[tuple[str, ...]]] | None = None
    access: Access | None = None
    _verdict: Verdict | None = None
    heard: bool = True

    async def ask(self, build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """The JSON of the answer to a read's request, `ask(trading.get_trades, limit=1000)`.

        Every number in it is an int or a Decimal. Raises CallError; RuntimeError for what isn't a read.
        """
        return await self._ask(build.__name__, lambda: build(*args, **kwargs))

    async def read(
        self, reading: Reading[T], build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a reading takes from the answer. Raises CallError, UnreadableAnswer where that isn't in it."""
        return _taken(reading, await self.ask(build, *args, **kwargs), build.__name__)

    async def send(self, planned: "PlannedRequest", reading: Reading[T] = anything) -> T:
        """Send a request that a granted plan covers, once, and take from the answer what a reading does. Raises
        CallError, as `read` does, and Stale where the plan's checks are too old: then nothing was sent."""
        if self._send is None:
            raise RuntimeError(f"a plan sends nothing, and was to send {planned.words}")
        return _taken(reading, await self._send(planned), planned.tool)

    async def foresee(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        seen: "Callable[[Installation], Installation]" = lambda same: same,
    ) -> Foreseen:
        """What another tool would send, checked and planned as its call would be. Raises UnknownTool for one that is
        off, and what its call does before anything is sent."""
        if self._foresee is None:
            raise RuntimeError(f"{tool} was to be planned by what plans nothing")
        return await self._foresee(tool, arguments, seen)

    def answering(self, changed: Callable[[str, Request[Any], Any], Any]) -> "Installation":
        """The same with its answers as `changed(tool, request, answer)` makes them."""

        async def ask(name: str, build: Callable[[], Request[Any]]) -> Any:
            return changed(name, build(), await self._ask(name, build))

        return evolve(self, ask=ask)

    async def keep(self, planned: "PlannedRequest", write: Callable[[], Awaitable[None]]) -> None:
        """Write to the store what a granted plan covers, once. Raises what `write` does, and what `send` does where it
        isn't asked to."""
        if self._keep is None:
            raise RuntimeError(f"a plan keeps nothing, and was to {planned.words}")
        await self._keep(planned, write)

    async def type_keys(self, exchange: str, account: str) -> str:
        """Have a person type an exchange's keys where no model sees them; what to say of it. Raises CallError where
        nobody can be asked to."""
        if self._type_keys is None:
            raise no_page(exchange, account, "nobody is there to type them")
        return await self._type_keys(exchange, account)

    async def standing(self) -> tuple[str, ...]:
        """What a person allows just now, where that isn't as usual: a halt, say. A sentence each."""
        return () if self._standing is None else await self._standing()

    async def verdict(self, tool: str, planned: "PlannedRequest") -> str:
        """What the policy would say, were this sent by that tool; "" where there is none, or the tool is off."""
        return "" if self._verdict is None else await self._verdict(tool, planned)

    async def differs(self, seconds: float) -> tuple[str, ...]:
        """Where the API isn't of the version that the tools were made for, a sentence each, as far as that is known
        within so many seconds."""
        return () if self._differs is None else await self._differs(seconds)


def _taken(reading: Reading[T], answer: Any, tool: str) -> T:
    try:
        return reading(answer)
    except UnexpectedShape as odd:
        raise UnreadableAnswer(
            f"The API's answer to {tool} isn't what its contract promises: {misfit(odd)}.",
            advice="Another version of the API, or something else at its address, may have answered: a person should "
            "look.",
        ) from None


async def together(questions: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T | CallError]:
    """The answers to several questions, asked at once, in their order; a CallError stands for its answer.

    An iterator is asked for the next question when its turn comes, so that none is made that is never asked. Of more
    than `at_once` in a list, those that weren't asked are closed: they must hold no questions themselves.
    """
    waiting = enumerate(questions)
    answers: dict[int, T | CallError] = {}

    async def ask_in_turn() -> None:
        for place, question in waiting:
            try:
                answers[place] = await question
            except CallError as error:
                answers[place] = error

    try:
        await all_of(*(ask_in_turn() for _ in range(at_once)))
    finally:
        if isinstance(questions, Collection):
            for _, question in waiting:
                if isinstance(question, Coroutine):
                    question.close()
    return [answers[place] for place in sorted(answers)]


@overload
async def all_of(a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], /) -> tuple[A, B]: ...
@overload
async def all_of(
    a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], c: Coroutine[Any, Any, C], /
) -> tuple[A, B, C]: ...
@overload
async def all_of(
    a: Coroutine[Any, Any, A], b: Coroutine[Any, Any, B], c: Coroutine[Any, Any, C], d: Coroutine[Any, Any, D], /
) -> tuple[A, B, C, D]: ...
@overload
async def all_of(*questions: Coroutine[Any, Any, T]) -> list[T]: ...
async def all_of(*questions: Coroutine[Any, Any, Any]) -> Any:
    """The answers to several questions, asked at once, in their order; none goes on after one has failed, which is what
    is raised, or after they were cancelled. Each begins: a task is cancelled by what another did in an earlier turn of
    the event loop, and all of them have theirs in the same."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(question) for question in questions]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


@asynccontextmanager
async def meanwhile(question: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Task[T]]:
    """A question that is asked beside those inside. There its answer is awaited, or turns out not to be needed: what is
    under way at the end is given up."""
    asked = asyncio.create_task(question)
    try:
        yield asked
    finally:
        asked.cancel()
        await asyncio.wait([asked])
        if not asked.cancelled():
            asked.exception()  # else asyncio would log one that nobody wanted


async def answer_within(question: Awaitable[T], seconds: float) -> T | CallError:
    """The answer to a question, or why there is none; it is given up after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await question
    except TimeoutError:
        return ReadTimedOut(f"No answer came within {seconds:.0f} s.")
    except CallError as error:
        return error
