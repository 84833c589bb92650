"""The tools made of the pinned contract, and an API of another version: the paper exchange with that one's contract.

Each version is made of the pinned one: operations moved, gone or new, arguments more or less.
"""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import evolve, frozen
from pydantic import SecretStr

from codegen import curation
from codegen.contract import normalise, parse
from codegen.generate import OVERRIDES, generate
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.paper.api.application import application
from hbmcp.paper.api.contract import contract_of
from hbmcp.settings import Settings
from tests.answer_storm import CASES, PROMISED, hurry
from tests.conftest import EVERY, operation_of
from tests.paper.paper_api import AUTH, PaperApi, generated_from
from tests.sampling import sampled

pytestmark = pytest.mark.anyio

Document = dict[str, Any]
PINNED = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())
CANCEL, RATES, POSITIONS = (operation_of(tool).split()[1] for tool in ("submit_cancel", "get_rates", "list_positions"))
#: What the promised tools can't do without.
CORE = {
    operation_of(tool).split()[1]
    for tool in (
        *("list_accounts", "get_connected_exchanges", "get_portfolio_state", "get_portfolio_history"),
        *("submit_order", "list_positions", "search_orders", "get_trades", "submit_cancel"),
        *("get_orderbook", "get_funding_info"),
    )
}


def _lean(document: Document) -> None:
    """Half of it is gone, and all that the promised tools can do without. (The other half is of other toolsets.)"""
    roots = ("/accounts", "/portfolio", "/trading", "/market-data", "/rate-oracle", "/gateway", "/connectors")
    for path in [path for path in document["paths"] if path.startswith(roots) and path not in CORE]:
        del document["paths"][path]


def _moved(document: Document) -> None:
    """What the portfolio is valued by is elsewhere, and a parameter of it has another name."""
    paths, fields = document["paths"], document["components"]["schemas"]["RateRequest"]
    paths["/v2/rates"] = paths.pop(RATES)
    fields["properties"]["pairs"] = fields["properties"].pop("trading_pairs")
    fields["required"] = ["pairs"]
    paths["/v2/positions"] = paths.pop(POSITIONS)
    paths[f"/v2{CANCEL}"] = paths.pop(CANCEL)


def _grown(document: Document) -> None:
    """There are more operations, and more arguments; one of them is required, of what no promised tool calls."""
    document["paths"]["/moon"] = {"get": {"responses": {"200": {"description": ""}}}}
    for name in ("TradeRequest", "OrderFilterRequest", "PositionFilterRequest", "ExecutorFilterRequest"):
        document["components"]["schemas"][name]["properties"]["colour"] = {"type": "string"}
    document["components"]["schemas"]["ExecutorFilterRequest"]["required"] = ["colour"]


def _shrunk(document: Document) -> None:
    """Arguments that tools send in any case are gone."""
    schemas = document["components"]["schemas"]
    for name in ("OrderFilterRequest", "TradeFilterRequest", "PositionFilterRequest"):
        schemas[name]["properties"].pop("cursor", None)
    del schemas["PositionFilterRequest"]["properties"]["limit"]
    del schemas["ExecutorFilterRequest"]["properties"]["controller_ids"]


ALSO = {
    "get_rates": {"operation": "POST /v2/rates", "renamed": {"trading_pairs": "pairs"}},
    "list_positions": {"operation": "POST /v2/positions"},
    "submit_cancel": {"operation": f"POST /v2{CANCEL}"},
}


@frozen
class Version:
    """How it is made, and what get_status says of it."""

    make: Callable[[Document], None]
    words: tuple[str, ...]


VERSIONS: Mapping[str, Version] = {
    "lean": Version(_lean, ("Not offered, for this API hasn't what they need: ", "make regen API=1")),
    "moved": Version(
        _moved,
        (
            "asked there: " + ", ".join(f"POST {path}" for path in sorted((RATES, POSITIONS, CANCEL))),
            "make regen API=1",
        ),
    ),
    "grown": Version(_grown, ("requires more than hbmcp sends for: POST /executors/search.", "It has 1 op")),
    "shrunk": Version(_shrunk, ("takes less than hbmcp knows for: POST /executors/search",)),
}


def of(version: str) -> Document:
    document = deepcopy(PINNED)
    VERSIONS[version].make(document)
    return document


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """The pinned tools, which know those other spellings."""
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    for tool in manifest["tools"]:
        if also := ALSO.get(tool["definition"]["name"]):
            tool["also"] = [*tool.get("also", ()), also]
    generated_from(manifest, monkeypatch)
    return Catalog(manifest)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    with PaperApi(tmp_path) as exchange:
        yield exchange


@asynccontextmanager
async def bridge_to(
    version: str, catalog: Catalog, api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bridge]:
    """The bridge to that API, which has been compared."""
    hurry(monkeypatch)
    app = application(api.paper, *AUTH, contract=contract_of(of(version)))
    client = httpx.AsyncClient(base_url="http://paper", auth=AUTH, transport=httpx.ASGITransport(app))
    monkeypatch.setattr("hbmcp.api.sending.connect", lambda *_: client)
    monkeypatch.setattr("hbmcp.times._clock", api.clock.now)
    settings = Settings.model_construct(
        api_url="http://paper", api_username=AUTH[0], api_password=SecretStr(AUTH[1]), state_url=None, compare_api=True
    )
    bridge = Bridge(catalog.choose(tools=EVERY), settings)
    try:
        await bridge.comparison.found(30)
        yield bridge
    finally:
        await bridge.aclose()


@pytest.mark.parametrize("name", sampled(PROMISED, 4))
async def test_every_promised_tool_works(
    name: str, version: str, catalog: Catalog, api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    more = case.prepare(api) or {}
    async with bridge_to(version, catalog, api, monkeypatch) as bridge:
        outcome = await bridge.call(name, {**case.arguments, **more})
    assert not outcome.is_error, outcome.text


async def test_the_right_words(version: str, catalog: Catalog, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bridge_to(version, catalog, api, monkeypatch) as bridge:
        assert not {*PROMISED} & bridge.comparison.drift.gone.keys()
        text = (await bridge.call("get_status", {})).text
        for words in VERSIONS[version].words:
            assert words in text
        for name, why in bridge.comparison.drift.gone.items():
            outcome = await bridge.call(name, {})
            assert outcome.is_error
            assert f"{name} isn't offered: {why}. Nothing was done." in outcome.text


async def test_an_argument_that_it_does_not_know_is_refused_and_one_that_it_wants(
    catalog: Catalog, api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bridge_to("shrunk", catalog, api, monkeypatch) as bridge:
        unknown = await bridge.call("search_executors", {"controller_id": "mine"})
        assert (
            "takes no controller_ids in POST /executors/search, and would ignore it. Nothing was sent." in unknown.text
        )
        assert not (await bridge.call("search_executors", {})).is_error
    async with bridge_to("grown", catalog, api, monkeypatch) as bridge:
        wanted = await bridge.call("search_executors", {})
        assert "requires colour in POST /executors/search, which hbmcp doesn't send. Nothing was sent." in wanted.text
        assert "make regen API=1" in wanted.text


@pytest.mark.slow
def test_the_generator_makes_the_promised_tools_of_each(version: str) -> None:
    contract = parse(normalise(of(version)))
    curated = curation.read(OVERRIDES)
    tools = {
        toolset: {name: _spelled(name, tool) for name, tool in some.items()} for toolset, some in curated.tools.items()
    }
    curated = evolve(curated, tools=tools).as_in(contract.operations)
    kept = curated.without(curation.vanished(curated, contract))
    try:
        made = generate(contract, kept)
    except curation.CurationError as error:
        made = generate(contract, kept.without_tools({one.tool: one.reason for one in error.mistakes if one.tool}))
    assert {*PROMISED} <= {tool["definition"]["name"] for tool in made.manifest["tools"]}


def _spelled(name: str, tool: curation.Tool) -> curation.Tool:
    if name not in ALSO:
        return tool
    renamed = {was: curation.Param(to=now) for was, now in ALSO[name].get("renamed", {}).items()}
    spelling = curation.Spelling(operation=ALSO[name]["operation"], params=renamed)
    return tool.model_copy(update={"also": [*tool.also, spelling]})
