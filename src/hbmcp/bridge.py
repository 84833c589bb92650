"""One call, start to end: arguments -> request -> answer -> text.

Imported at the first call, with all that a call needs and a listing doesn't.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple, Protocol

import anyio

from hbmcp import log
from hbmcp.api import Api
from hbmcp.arguments import Checker, secrets
from hbmcp.catalog import Offer, Tool
from hbmcp.errors import BadArguments, CallError, Failed
from hbmcp.reasons import tidy
from hbmcp.results import ResultSpec, failure, render
from hbmcp.settings import Settings
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Request

# Said with the accounts, where an assistant begins: their names and exchanges look real.
PAPER_ACCOUNTS = "These are accounts of a paper exchange inside hbmcp: prices are simulated, nothing is real money."
ACCOUNTS = "GET /accounts/"

REPORT_EVERY = 3.0  # seconds between two progress reports, and before the first

_INDEX = re.compile(r"\[\d+\]")

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Tells the client that a call is under way: seconds so far, and a line for a person."""

    def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> Awaitable[None]: ...


class Outcome(NamedTuple):
    """What a call came to, for a model to read."""

    text: str
    is_error: bool


class _Line(NamedTuple):
    """What a tool's calls have in common."""

    checker: Checker
    build: Callable[..., Request[Any]]
    result: ResultSpec
    page_default: int | None


class Bridge:
    """Carries calls from a client to the API and back. Use it inside one event loop, and close it there."""

    def __init__(self, offer: Offer, settings: Settings) -> None:
        self._offer = offer
        self._api = Api(settings, offer)
        self._on_paper = settings.on_paper
        self._lines: dict[str, _Line] = {}
        self._drifted: set[tuple[str, str]] = set()

    async def aclose(self) -> None:
        """Close the connections to the API."""
        await self._api.aclose()

    async def call(self, name: str, arguments: Mapping[str, Any], progress: Progress | None = None) -> Outcome:
        """Call a tool by its name or alias. Never raises for what a call can run into."""
        if progress is None:
            return await self._answer(name, arguments)
        # A timer, because a task for every call would cost more than most calls do.
        reports: list[asyncio.Task[None]] = []
        timer = asyncio.get_running_loop().call_later(
            REPORT_EVERY, lambda: reports.append(asyncio.create_task(_report(progress)))
        )
        try:
            return await self._answer(name, arguments)
        finally:
            timer.cancel()
            for task in reports:
                task.cancel()

    async def _answer(self, name: str, arguments: Mapping[str, Any]) -> Outcome:
        try:
            outcome = Outcome(await self._run(self._offer.find(name), arguments), False)
        except CallError as error:
            logger.debug("%s: %s", name, error.kind)
            return Outcome(str(error), True)
        except Exception:
            logger.exception("%s: a defect of hbmcp", name)
            return Outcome(
                f"hbmcp itself failed at {name}; its log has the details. Whether the API did anything isn't known: "
                "look before you call it again.",
                True,
            )
        logger.debug("%s: done", name)
        return outcome

    async def _run(self, tool: Tool, arguments: Mapping[str, Any]) -> str:
        line = self._lines.get(tool.name) or self._line(tool)
        given = line.checker.check(arguments)
        hidden = secrets(tool, given)
        log.hide(hidden)
        try:
            request = line.build(**given)
        except ValueError as error:
            raise BadArguments(
                f"{tool.name} can't take these arguments: {log.masked(str(error), hidden)}",
                "Nothing was sent.",
                "Correct them and call it again.",
            ) from None
        response = await self._api.send(request, tool, hidden)
        try:
            response.parse()
        except UnexpectedShape as drift:
            self._tell(tool, drift)
        if (reason := failure(response.raw, line.result)) is not None:
            said = log.masked(tidy(reason), hidden)
            raise Failed(
                f'{tool.name} failed, although the API answered HTTP {response.status}: "{said}".',
                advice="Correct the cause before you call it again.",
            )
        text = render(response.raw, line.result, arguments=given, page_default=line.page_default)
        if self._on_paper and tool.operation == ACCOUNTS:
            text = f"{text}\n\n{PAPER_ACCOUNTS}"
        return log.masked(text, hidden) if hidden else text

    def _line(self, tool: Tool) -> _Line:
        result = ResultSpec.from_table(tool.result)
        page = tool.schema.get("properties", {}).get(result.page, {}) if result.page else {}
        line = _Line(
            Checker(tool),
            getattr(import_module(f"hbmcp_tools.{tool.toolset}"), tool.name),
            result,
            page.get("default"),
        )
        self._lines[tool.name] = line
        return line

    def _tell(self, tool: Tool, drift: UnexpectedShape) -> None:
        """Log once for each place that the API answers otherwise than its contract says."""
        place = (tool.name, _INDEX.sub("[]", drift.path))
        if place not in self._drifted:
            self._drifted.add(place)
            logger.warning("%s: the answer isn't what the contract promises, but was passed on: %s", tool.name, drift)


async def _report(progress: Progress) -> None:
    seconds = REPORT_EVERY
    # A client that has gone needs no reports, and its call ends by itself.
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            await progress(seconds, None, f"Waiting for the Hummingbot API, {seconds:.0f} s so far")
            await asyncio.sleep(REPORT_EVERY)
            seconds += REPORT_EVERY
