"""An API of another version may lack what a workflow only knows more by."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from codegen import curation
from codegen.generate import OVERRIDES
from hbmcp.bridge import Bridge
from hbmcp.catalog import Catalog
from hbmcp.paper.api.application import application
from hbmcp.settings import Settings
from tests.answer_storm import CASES, PROMISED, hurry
from tests.conftest import EVERY, operation_of
from tests.paper.paper_api import AUTH, PaperApi
from tests.sampling import sampled

pytestmark = pytest.mark.anyio

FALTERS = {
    "deploy_bot",
    "deploy_script_bot",
    "add_clmm_liquidity",
    "list_pool_positions",
}  # on paper, whatever is there
WHOLE = Catalog.load()
TOOLS = sorted(WHOLE.tools.values(), key=lambda tool: tool.name not in PROMISED)
PAIRS = [(tool.name, part) for tool in TOOLS if tool.name in CASES.keys() - FALTERS for part in tool.uses_if_there]


def lacking(name: str) -> Catalog:
    """What is generated from a contract without the operation of that tool."""
    manifest = json.loads(files("hbmcp_tools").joinpath("manifest.json").read_bytes())
    gone = {name, *(tool.name for tool in WHOLE.tools.values() if name in tool.uses)}
    manifest["tools"] = [tool for tool in manifest["tools"] if tool["definition"]["name"] not in gone]
    manifest["absent"] = dict.fromkeys(gone, f"this Hummingbot API has no {WHOLE.tools[name].operation}")
    return Catalog(manifest)


@asynccontextmanager
async def bridge_on_paper(catalog: Catalog, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    hurry(monkeypatch)
    client = httpx.AsyncClient(
        base_url="http://paper", auth=AUTH, transport=httpx.ASGITransport(application(api.paper, *AUTH))
    )
    monkeypatch.setattr("hbmcp.paper.start.in_process", lambda _: client)
    monkeypatch.setattr("hbmcp.times._clock", api.clock.now)
    settings = Settings.model_construct(paper=True, paper_db=":memory:")
    bridge = Bridge(catalog.choose(tools=EVERY), settings)
    try:
        yield bridge
    finally:
        await bridge.aclose()


@pytest.mark.parametrize(("name", "part"), sampled(PAIRS, 8))
async def test_it_works_and_says_what_it_could_not_know(
    name: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    asked: list[str] = []
    with PaperApi(tmp_path) as api:
        more = case.prepare(api) or {}
        async with bridge_on_paper(lacking(part), api, monkeypatch) as bridge:
            absent = dict(bridge._offer.catalog.absent)

            class Noted(dict[str, str]):
                def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
                    asked.append(key)
                    return absent.get(key, default)

            bridge._offer.catalog.absent = Noted(absent)
            outcome = await bridge.call(name, {**case.arguments, **more})
    assert not outcome.is_error, outcome.text
    assert part not in asked or absent[part][5:] in outcome.text


async def test_a_tool_that_is_absent_says_what_it_needs(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bridge_on_paper(lacking("get_prices"), api, monkeypatch) as bridge:
        outcome = await bridge.call("get_prices", {})
    assert outcome.is_error
    assert outcome.text == (
        f"get_prices isn't offered: this Hummingbot API has no {operation_of('get_prices')}. Nothing was done. Use "
        "another tool; a person can update the API, or hbmcp."
    )


def test_no_single_operation_but_its_core_costs_a_promised_tool() -> None:
    curated = curation.read(OVERRIDES)
    core = {
        *("GET /accounts/", "GET /accounts/{account_name}/credentials", "POST /portfolio/state"),
        *("POST /portfolio/history", "POST /trading/orders", "POST /trading/positions", "POST /trading/orders/search"),
        *("POST /trading/trades", "POST /market-data/order-book", "POST /market-data/funding-info"),
        "POST /trading/{account_name}/{connector_name}/orders/{client_order_id}/cancel",
    }
    for operation in curated.by_operation():
        left = {name for tables in curated.without([operation]).workflows.values() for name in tables}
        left |= {name for tables in curated.without([operation]).tools.values() for name in tables}
        assert operation in core or left >= set(PROMISED), operation
