"""An API of another version may lack what a workflow only knows more by."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

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
    "remove_clmm_liquidity",
    "update_bot_config",
    "list_pool_positions",
}  # on paper, whatever is there
#: Who tells which accounts there are, and which exchanges they have: without one it must be said.
NAMING = ("list_accounts", "get_connected_exchanges")
AT = {"account_name": "master_account", "connector_name": "binance_perpetual"}
NAMED: dict[str, dict[str, Any]] = {
    "get_positions": AT,
    "close_position": AT,
    "protect_position": AT,
    "get_ticker": {"connector_names": ["binance"]},
    "get_funding_rates": {"connector_names": ["binance_perpetual"]},
}
#: What must be said besides where a part is lacking.
SAID = dict.fromkeys(NAMING, NAMED) | {
    "get_portfolio_state": {tool: {"max_value": 5000} for tool in ("place_order", "place_orders")}
}
WHOLE = Catalog.load()
TOOLS = sorted(WHOLE.tools.values(), key=lambda tool: tool.name not in PROMISED)
#: What these cases wait for is a price: other conditions do without.
WAITED_FOR = {("create_trigger", "get_prices"), ("wait_for", "get_prices")}
PAIRS = [
    (tool.name, part)
    for tool in TOOLS
    if tool.name in CASES.keys() - FALTERS
    for part in tool.uses_if_there
    if (tool.name, part) not in WAITED_FOR
]


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
        more = {**(case.prepare(api) or {}), **SAID.get(part, {}).get(name, {})}
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


#: What a promised tool can't do without.
CORE = {
    "list_accounts": {"get_accounts"},
    "get_portfolio_state": {"get_account_balance", "get_portfolio_balances"},
    "get_portfolio_history": {"get_portfolio_performance"},
    "submit_order": {"place_order", "close_position"},
    "submit_cancel": {"cancel_order"},
    "list_positions": {"get_positions", "close_position"},
    "search_orders": {"get_order_history"},
    "get_trades": {"get_position_history"},
    "get_orderbook": {"get_orderbook"},
    "get_funding_info": {"get_funding_rates"},
}


def test_no_single_operation_but_its_core_costs_a_promised_tool() -> None:
    curated = curation.read(OVERRIDES)
    core = {operation_of(tool): lost for tool, lost in CORE.items()}
    for operation in curated.by_operation():
        rest = curated.without([operation])
        left = {name for tables in (*rest.workflows.values(), *rest.tools.values()) for name in tables}
        assert set(PROMISED) - left == core.get(operation, set()), operation


@pytest.mark.parametrize("part", NAMING)
async def test_who_names_none_is_told_to(part: str, api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the accounts nobody knows where to look; without an account's exchanges that is said of each."""
    async with bridge_on_paper(lacking(part), api, monkeypatch) as bridge:
        outcome = await bridge.call("get_positions", {})
    if part == "list_accounts":
        assert outcome.is_error
        assert outcome.text.startswith(
            f"This Hummingbot API has no {operation_of(part)}. Nothing was done. Name the account and the exchange."
        )
    else:
        assert "Positions not read: master_account: This Hummingbot API has no" in outcome.text


async def test_balances_tell_where_to_look_for_positions(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    CASES["get_positions"].prepare(api)
    async with bridge_on_paper(WHOLE, api, monkeypatch) as bridge:
        whole = await bridge.call("get_portfolio_balances", {}, structured=True)
    async with bridge_on_paper(lacking("list_accounts"), api, monkeypatch) as bridge:
        other = await bridge.call("get_portfolio_balances", {}, structured=True)
    assert whole.structured is not None
    assert other.structured is not None
    assert other.structured["result"]["unrealized_pnl"] == whole.structured["result"]["unrealized_pnl"]


async def test_an_account_that_is_there_is_still_checked_for_the_exchange(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {**CASES["place_order"].arguments, "account_name": "second_account", "connector_name": "kucoin"}
    async with bridge_on_paper(lacking("list_accounts"), api, monkeypatch) as bridge:
        outcome = await bridge.call("place_order", order)
    assert outcome.is_error
    assert "second_account is not connected to kucoin" in outcome.text
