"""The bridge on a paper exchange in this process, as `serve --paper` has it, each answer held to the contract."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from attrs import define, field

from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog, Offer
from hbmcp.paper.api.application import application
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.faults import Fault
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from tests.conftest import EVERY
from tests.paper.paper_api import AUTH, PaperApi, routed, unlike

ALL = Catalog.load().choose(tools=EVERY)


@define
class Assistant:
    """Calls tools. `asked` are the operations that its requests were, in their order, as the exchange's routes spell
    them; `unlike` is where good answers weren't what the contract says."""

    bridge: Bridge
    asked: list[str] = field(factory=list)
    unlike: list[str] = field(factory=list)

    async def __call__(self, tool: str, **arguments: Any) -> Outcome:
        """The test is skipped where the pinned contract lacks what the tool needs, of which `codegen check` tells."""
        if why := ALL.catalog.absent.get(tool):
            pytest.skip(f"{tool} isn't offered: {why}")
        return await self.bridge.call(tool, arguments)

    async def good(self, tool: str, **arguments: Any) -> str:
        outcome = await self(tool, **arguments)
        assert not outcome.is_error, f"{tool}: {outcome.text}"
        return outcome.text

    async def bad(self, tool: str, **arguments: Any) -> str:
        outcome = await self(tool, **arguments)
        assert outcome.is_error, f"{tool}: {outcome.text}"
        return outcome.text


@asynccontextmanager
async def assistant(
    api: PaperApi,
    monkeypatch: pytest.MonkeyPatch,
    faults: Collection[Fault] = (),
    offer: Offer = ALL,
    policy: Policy | None = None,
) -> AsyncIterator[Assistant]:
    """Who asks that exchange. AssertionError at its end for an answer that the contract doesn't promise."""
    settings = Settings.model_construct(paper=True, paper_db=":memory:")  # whatever the environment says
    calls = Assistant(Bridge(offer, settings, policy=policy))

    def operation_of(request: httpx.Request) -> str:
        operation, _, _ = pinned().find(request.method, request.url.path)
        assert operation is not None
        return operation.key

    async def note(request: httpx.Request) -> None:
        calls.asked.append(routed(operation_of(request)))

    async def check(response: httpx.Response) -> None:
        await response.aread()
        if response.is_success:
            operation = operation_of(response.request)
            calls.unlike += [f"{operation}: {one}" for one in unlike(operation, response.json())]

    client = httpx.AsyncClient(
        base_url="http://paper",
        auth=AUTH,
        transport=httpx.ASGITransport(application(api.paper, *AUTH, faults=faults)),
        event_hooks={"request": [note], "response": [check]},
    )
    monkeypatch.setattr("hbmcp.paper.start.in_process", lambda _: client)
    monkeypatch.setattr("hbmcp.times._clock", api.clock.now)
    try:
        yield calls
        assert calls.unlike == []
    finally:
        await calls.bridge.aclose()
