"""Tools that take several operations and some arithmetic: src/hbmcp/workflows/TOOLSET/TOOL.py has TOOL, one function.

Its definition is curated in overrides/TOOLSET.toml, its parameters are those of the definition. It asks the API through
the bridge, as every tool does, and gives an Answer, or raises a CallError that says what was done and what wasn't.
Modules beside the tools hold what several of them share.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.results import ResultSpec
from hummingbot_api.request import Json, Request

if TYPE_CHECKING:
    from hbmcp.store import Store

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 8  # requests of one workflow under way: the API passes most of them on to exchanges, which count them


class Ask(Protocol):
    """Sends the request of one of the tools that a workflow uses, and gives the JSON of its answer."""

    def __call__(self, name: str, build: Callable[[], Request[Any]]) -> Awaitable[Any]: ...


@frozen
class Installation:
    """A Hummingbot installation as a workflow sees it: what it can be asked, and what hbmcp remembers of it."""

    _ask: Ask
    _open_store: "Callable[[], Store]"
    on_paper: bool

    async def ask(self, build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """The JSON of the answer to a generated tool's request, `ask(trading.get_trades, limit=1000)`.

        Every number in it is an int or a Decimal. Raises CallError.
        """
        return await self._ask(build.__name__, lambda: build(*args, **kwargs))

    @property
    def store(self) -> "Store":
        """What hbmcp remembers of this installation. Raises StoreError where it can't be opened."""
        return self._open_store()


@frozen
class Answer:
    """What a workflow found or did: JSON that is shown as an answer of the API would be, and sentences under it."""

    value: Json
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def spec(self) -> ResultSpec:
        """How it is shown."""
        return ResultSpec(columns=self.columns, note="\n".join(filter(None, self.notes)))


async def together(questions: Iterable[Awaitable[T]], at_once: int = AT_ONCE) -> list[T | CallError]:
    """The answers to several questions, asked at once, in their order; a CallError stands for its answer."""
    places = asyncio.Semaphore(at_once)

    async def one(question: Awaitable[T]) -> T | CallError:
        async with places:
            try:
                return await question
            except CallError as error:
                return error

    return list(await asyncio.gather(*map(one, questions)))
