"""A declared function -> what the bridge runs in a workflow's place, whatever the function does.

A read's gives an Answer. What acts and returns a Plan is planned as workflows are. What acts and returns anything else
is itself what is planned: it runs when that was granted, and a preview only tells of it.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import evolve

from hbmcp.cancellation import cancelled_once
from hbmcp.catalog import Tool
from hbmcp.errors import NOTHING_SENT, CallError, OutcomeUnknown, PluginFailed, ReadTimedOut
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.plugins.answers import answer
from hbmcp.plugins.registry import Declared
from hbmcp.plugins.signature import Signature
from hbmcp.results.answer import Answer
from hbmcp.text import quoted, words_of
from hummingbot_api.request import Request

T = TypeVar("T")

DONE = "Done."  # what acts answers in words, and shows nothing else
LOOK = "Look what became of it before you call it again."

logger = logging.getLogger(__name__)


def runner(declared: Declared, signature: Signature, tool: Tool) -> Callable[..., Awaitable[Any]]:
    """What is called with the installation and the checked arguments."""
    guard = _Guard(declared)

    async def read(installation: Installation, **given: Any) -> Answer:
        taken = signature.taken(given)
        return answer(await guard.before(signature.call(installation, taken)), tool.name)

    async def plan(installation: Installation, **given: Any) -> Plan:
        taken = signature.taken(given)
        made = await guard.before(signature.call(installation, taken))
        if not isinstance(made, Plan):
            raise guard.failed(f"returned {type(made).__name__}, and is declared to return a Plan", NOTHING_SENT)
        made = evolve(made, shown=answer(made.shown, tool.name, NOTHING_SENT))
        commit = made.commit
        if commit is None:
            return made

        async def carry_out(granted: Installation) -> Answer:
            return answer(await guard.after(commit(granted)), tool.name, "It was carried out.")

        return evolve(made, commit=carry_out)

    async def run(_: Installation, **given: Any) -> Plan:
        taken = signature.taken(given)
        change = _itself(tool, given)

        async def commit(installation: Installation) -> Answer:
            came: list[Any] = []

            async def do() -> None:
                came.append(await guard.after(signature.call(installation, taken), of_itself=True))

            await installation.keep(change, do)
            found = answer(came[0], tool.name, undone="It has run.")
            return evolve(found, value=DONE, content=()) if found.content and found.value is None else found

        return Plan(Answer(f"Would run {change.words}."), (change,), commit)

    if declared.effect is None:
        return read
    return plan if signature.plans else run


def _itself(tool: Tool, given: Mapping[str, Any]) -> PlannedRequest:
    """The run of a function as what a policy judges."""
    return PlannedRequest.plain(tool, Request("RUN", tool.name, parse=lambda done: done), given)


async def _come_to(work: Awaitable[T]) -> tuple[T, None] | tuple[None, BaseException]:
    """What it returns or raises, also what would end the event loop, or cancels the task that it runs in."""
    try:
        value = await work
        await asyncio.sleep(0)  # where a cancellation comes that it asked for itself
        return value, None
    except BaseException as error:
        return None, error


class _Guard:
    """Bounds what a function does, in a task of its own, and makes an error of ours of whatever it raises."""

    def __init__(self, declared: Declared) -> None:
        self._name = declared.function.__name__
        self._file = declared.function.__code__.co_filename
        self._seconds = declared.timeout

    async def before(self, work: Awaitable[T]) -> T:
        """What it comes to where nothing can have been sent. Raises CallError."""
        return await self._done(work, NOTHING_SENT)

    async def after(self, work: Awaitable[T], *, of_itself: bool = False) -> T:
        """What it comes to after it was granted. What the installation raised says itself what it sent; `of_itself` the
        function does more than that, of which nobody knows. Raises CallError."""
        return await self._done(work, "", of_itself)

    async def _done(self, work: Awaitable[T], undone: str, of_itself: bool = False) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                value, error = await cancelled_once(_come_to(work))
        except TimeoutError:
            told = f"took longer than its {self._seconds:g} s, and was broken off"
            if undone:
                raise ReadTimedOut(f"{self._name} {told}.", undone) from None
            raise self._unknown(told) from None
        if error is None:
            return cast("T", value)
        if isinstance(error, CallError):
            if of_itself and not isinstance(error, OutcomeUnknown):
                raise self._unknown(f"ran into this: {error.happened}")
            raise error
        logger.error("%s, a plugin's tool, failed", self._name, exc_info=error)
        raise self.failed(self._raised(error), undone)

    def failed(self, what: str, undone: str) -> CallError:
        """The error that says so."""
        if undone:
            advice = "Call it otherwise, or tell a person: hbmcp's log has the details."
            return PluginFailed(f"{self._name}, a plugin's tool, {what}.", undone, advice)
        return self._unknown(what)

    def _unknown(self, what: str) -> OutcomeUnknown:
        return OutcomeUnknown(f"{self._name}, a plugin's tool, {what}.", "What it did before isn't known.", LOOK)

    def _raised(self, error: BaseException) -> str:
        """In words what was raised, and where in the plugin."""
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if one.filename == self._file]
        where = f" ({Path(self._file).name}, line {lines[-1]})" if lines else ""
        said = f": {quoted(words)}" if (words := words_of(error)) else ""
        return f"raised {type(error).__name__}{where}{said}"
