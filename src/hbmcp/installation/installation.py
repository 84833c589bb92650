"""A Hummingbot installation as hbmcp sees it: what it can be asked, and what is remembered of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar

from attrs import frozen

from hbmcp.errors import CallError, UnreadableAnswer
from hbmcp.identity import Identity
from hbmcp.installation.answer_fields import Reading
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Request

if TYPE_CHECKING:
    from hbmcp.store import Store

P = ParamSpec("P")
T = TypeVar("T")

AT_ONCE = 8  # requests of one caller under way: the API passes most of them on to exchanges, which count them


class Ask(Protocol):
    """Sends the request of one of the tools that a caller may use, and gives the JSON of its answer."""

    def __call__(self, name: str, build: Callable[[], Request[Any]]) -> Awaitable[Any]: ...


@frozen
class Installation:
    """An installation for one caller: it can be asked for what that caller may use."""

    _ask: Ask
    _open_store: "Callable[[], Store]"
    identity: Identity

    async def ask(self, build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs) -> Any:
        """The JSON of the answer to a generated tool's request, `ask(trading.get_trades, limit=1000)`.

        Every number in it is an int or a Decimal. Raises CallError.
        """
        return await self._ask(build.__name__, lambda: build(*args, **kwargs))

    async def read(
        self, reading: Reading[T], build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What a reading takes from the answer. Raises CallError, UnreadableAnswer where that isn't in it."""
        answer = await self.ask(build, *args, **kwargs)
        try:
            return reading(answer)
        except UnexpectedShape as odd:
            raise UnreadableAnswer(
                f"The API's answer to {build.__name__} isn't what its contract promises: {odd}.",
                advice="Another version of the API, or something else at its address, may have answered: a person "
                "should look.",
            ) from None

    @property
    def store(self) -> "Store":
        """What hbmcp remembers of this installation. Raises StoreError where it can't be opened."""
        return self._open_store()


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
