"""One operation of an API, asked; and which of them a caller may ask."""

import asyncio
import logging
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from hbmcp.api import Apis
from hbmcp.bridge.prepared import Prepared, built
from hbmcp.caller import Caller
from hbmcp.catalog import NOT_IN_THIS_API, PLUGINS, REDUCING, Catalog, Offer, Tool
from hbmcp.drift import Comparison
from hbmcp.errors import NOTHING_DONE, AbsentOperation, CallError, Failed, GatewayFailed, OutcomeUnknown
from hbmcp.errors.failure_advice import failure_advice
from hbmcp.errors.reasons import in_words, misfit, tidy
from hbmcp.errors.unknown_outcome import unknown_outcome
from hbmcp.installation.installation import Ask, Installation, Send
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.grant import Grant
from hbmcp.results import ResultSpec, failure
from hbmcp.results.cells import compact
from hbmcp.results.cutting import shortened
from hbmcp.text import QUOTED, cut
from hummingbot_api.client import Response
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Request

# What the call under way asked for and this API hasn't, with the reason; None where none is: triggers are watched.
_MISSED: ContextVar[dict[str, str] | None] = ContextVar("missed", default=None)

COMPARED = 5.0  # seconds at most that something waits for the API to be compared

_INDEX = re.compile(r"\[\d+\]")

logger = logging.getLogger(__name__)


@contextmanager
def missing() -> Iterator[dict[str, str]]:
    """Which tools are asked for inside that this API hasn't, with the reason."""
    missed: dict[str, str] = {}
    token = _MISSED.set(missed)
    try:
        yield missed
    finally:
        _MISSED.reset(token)


class Operations:
    """Every operation of the catalog, asked of the API that it is for as that API takes it. `installation` gives what
    explains an error."""

    def __init__(
        self,
        catalog: Catalog,
        api: Apis,
        comparison: Comparison,
        installation: Callable[[Caller], Installation],
    ) -> None:
        self._catalog = catalog
        self._api = api
        self._comparison = comparison
        self._installation = installation
        self._drifted: set[tuple[str, str]] = set()

    def reads(self, caller: Caller) -> Ask:
        """What asks the reads among what a caller may use, and nothing else. Errors name the caller."""

        async def read(name: str, build: Callable[[], Request[Any]]) -> Any:
            if why := self._catalog.absent.get(name) or await self._comparison.lacks(name):
                if (missed := _MISSED.get()) is not None:
                    missed[name] = why
                raise AbsentOperation(f"{why[:1].upper()}{why[1:]}.", NOTHING_DONE, NOT_IN_THIS_API)
            if caller.toolset == PLUGINS and name not in caller.tools:
                raise RuntimeError(f"only what reads can be asked, by one operation and without secrets: {name} can't")
            part = self._part(caller, name)
            if not part.reads:
                raise RuntimeError(f"{caller.name} was to ask for {name}, which isn't a read: only a plan sends it")
            return (await self.ask(part, built(part, build), ResultSpec.from_table(part.result))).raw

        return read

    def sends(self, caller: Caller, grant: Grant | None) -> Send:
        """What sends for a caller what is granted, and nothing else."""

        async def send(planned: PlannedRequest) -> Any:
            if grant is None:
                raise RuntimeError(f"{caller.name} was to send without a grant: {planned.words}")
            part = self._part(caller, planned.tool)
            spec = ResultSpec.from_table(part.result)
            reduces = planned.effect in REDUCING
            if reduces and part.effect.get("is") not in REDUCING:  # by its arguments: ignored, they would open
                await self._comparison.found(COMPARED)
            return (await grant.send(planned, lambda: self.ask(part, planned.request, spec, reduces=reduces))).raw

        return send

    def _part(self, caller: Caller, name: str) -> Tool:
        """A tool that the caller may use, under its name; a plugin's toolset has nothing that looks it up."""
        if name not in caller.tools:
            raise KeyError(f"{caller.name} was to use {name}")
        part = self._catalog.tools[name]
        return replace(part, name=caller.name, toolset=part.toolset if caller.toolset == PLUGINS else caller.toolset)

    async def ask_alone(
        self, prepared: Prepared, request: Request[Any], given: Collection[str], offer: Offer
    ) -> Response[Any]:
        """The answer of a tool over one operation, which nothing is asked beside. An error has the cause that a
        read of what is behind the API tells; where nobody knows what became of it, what of the offer tells is named."""
        cause = prepared.result.cause
        try:
            return await self.ask(prepared.tool, request, prepared.result, alone=offer, given=given)
        except (Failed, GatewayFailed, OutcomeUnknown) as error:
            if cause not in self._catalog.tools:
                raise
            raise await self._explained(prepared.tool, cause, error) from None

    async def _explained(self, tool: Tool, cause: str, error: CallError) -> CallError:
        from hbmcp.installation.gateway.explanation import explained

        return await explained(self._installation(Caller(tool.name, tool.toolset, frozenset({cause}))), cause, error)

    async def ask(
        self,
        tool: Tool,
        request: Request[Any],
        result: ResultSpec,
        *,
        alone: Offer | None = None,
        given: Collection[str] = (),
        reduces: bool = False,
    ) -> Response[Any]:
        """The answer of one operation, every number in it an int or a Decimal. `alone`: it is all that is asked, so
        that of what isn't a read nobody looks what became of it, and made of what was `given`; `reduces`: this request
        does. Raises CallError."""
        request = self._comparison.drift.fitted(tool, request, reduces=reduces, given=given)
        response = await self._api.send(request, tool)
        try:
            await asyncio.to_thread(response.parse) if response.large else response.parse()
        except UnexpectedShape as drift:
            self._log(tool, drift)
            if alone is not None and not tool.reads and (not drift.path or drift.got is ...):
                said = cut(in_words(compact(shortened(response.raw, 200, 20))), QUOTED)
                happened = (
                    f"was sent, and the answer (HTTP {response.status}) isn't what was promised: "
                    f"{misfit(drift)}, in {said}"
                )
                raise unknown_outcome(tool, alone, happened) from None
        if (reason := failure(response.raw, result)) is not None:
            raise Failed(
                f'{tool.name} failed, although the API answered HTTP {response.status}: "{tidy(reason)}".',
                advice=failure_advice(reason, tool, self._catalog, alone),
            )
        return response

    def _log(self, tool: Tool, drift: UnexpectedShape) -> None:
        """Once for each place that the API answers otherwise than its contract says."""
        place = (tool.name, _INDEX.sub("[]", drift.path))
        if place not in self._drifted:
            self._drifted.add(place)
            logger.warning(
                "%s: the answer isn't what the contract promises, but was passed on: %s", tool.name, misfit(drift)
            )
