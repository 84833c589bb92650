"""Every tool over one operation on the paper exchange: what is there is found, and what isn't there says so.

The requests themselves are in tests/test_every_tool.py; each good answer here is held to the contract by `assistant`.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from codegen import curation
from codegen.contract import load, parse
from codegen.generate import OVERRIDES, PINNED, ROOT
from codegen.trials import Trials
from hbmcp.catalog import Tool
from hbmcp.paper.api import application
from hbmcp.policy.model import Policy
from tests.paper.assistant import ALL, Assistant, assistant
from tests.paper.paper_api import HOUR, PaperApi

pytestmark = pytest.mark.anyio

SPOT = {"account_name": "master_account", "connector_name": "binance", "trading_pair": "BTC-USDT"}
PERPETUAL = {**SPOT, "connector_name": "binance_perpetual"}
EXECUTOR = {"connector_name": "binance_perpetual", "trading_pair": "ETH-USDT", "leverage": 5, "side": 1, "amount": "1"}
POSITION = {**EXECUTOR, "type": "position_executor"}
HELD = {**EXECUTOR, "type": "order_executor", "execution_strategy": "MARKET"}  # ends at once, its position stays
CONTROLLER = {"controller_type": "market_making", "controller_name": "pmm_simple"}

#: One value for every required parameter, whatever tool it is of.
VALUES: dict[str, Any] = {
    **SPOT,
    **CONTROLLER,
    "trading_pairs": ["BTC-USDT"],
    "side": "BUY",
    "is_buy": True,
    "volume": 0.5,
    "price": 80_000,
    "interval": "1h",
    "start_time": "2026-11-22T00:00:00Z",
    "executor_type": "grid_executor",
    "controller_id": "main",
    "config_name": "mine",
    "config": {"id": "mine", **CONTROLLER},
    "script_name": "v2_with_controllers",
    "db_path": "bots/archived/desk/data/desk.sqlite",
    "bot_run_id": 7,
    "network_id": "solana-mainnet-beta",
    "instance_name": "desk",
    "config_names": ["mine"],
    "amount": 1,
    "lower_price": 1,
    "upper_price": 2,
    "percentage": 50,
    "decimals": 6,
    "updates": {"enabled": False},
    "api_keys": {"infura": "a-key"},
    "type": "amm",
    "keep_position": False,
    "executor_config": POSITION,
}

#: tried.toml says what each is; a row of a tool that is gone does no harm.
TRIED = tomllib.loads((Path(__file__).parent / "tried.toml").read_text(encoding="utf-8"))
THERE = {tool.name for tool in ALL.tools}
FOUND: dict[str, str] = {name: words for name, words in TRIED["found"].items() if name in THERE}
REFUSED: dict[str, str] = {name: words for name, words in TRIED["refused"].items() if name in THERE}
CHANGES: list[tuple[str, dict[str, Any], str]] = [row for row in TRIED["changes"] if row[0] in THERE]


def arguments(tool: Tool, **others: Any) -> dict[str, Any]:
    """Those that the tool needs, and of the others those that it takes."""
    properties = tool.schema["properties"]
    given = {name: VALUES.get(name, _any(name, properties[name])) for name in tool.schema.get("required", ())}
    if properties.get("connector_name", {}).get("pattern") or tool.name == "get_funding_info":
        given |= {"connector_name": "binance_perpetual"}
    if "enum" in (connector := properties.get("connector", {})):
        given |= {"connector": connector["enum"][0]}
    return given | {name: value for name, value in others.items() if name in properties}


def _any(name: str, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [_any(name, schema["items"])]
    kinds: dict[str, Any] = {"number": 1, "integer": 1, "boolean": True, "object": {}}
    return kinds.get(schema.get("type", ""), f"any-{name}")


def mentioned(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]


async def trade(api: PaperApi, call: Assistant) -> Mapping[str, str]:
    """Something for every read to find; the ids of a resting order and of a running executor."""
    await call.good("submit_order", **PERPETUAL, side="BUY", amount=0.01, order_type="MARKET")
    limit = await call.good("submit_order", **SPOT, side="BUY", amount=0.01, price=1000)
    await call.good("write_controller_config", config_name="mine", config=VALUES["config"])
    await call.good("write_script_config", config_name="mine", config={"script_file_name": "v2_with_controllers.py"})
    await call.good("start_executor", account_name="master_account", executor_config=HELD)
    running = await call.good("start_executor", account_name="master_account", executor_config=POSITION)
    await call.good("get_candles", connector_name="binance", trading_pair="BTC-USDT")
    api.clock.advance(8 * HOUR)
    return {"order": mentioned(limit, r"(paper\w{8,})"), "executor": mentioned(running, r'executor_id"?[:=]"?([\w-]+)')}


def test_every_tool_is_tried() -> None:
    """As `codegen check` tells: what it reads of the routes is what there is."""
    contract = parse(load(PINNED))
    curated = curation.read(OVERRIDES).as_in(contract.operations)
    trials = Trials.read(ROOT)
    assert trials is not None
    assert trials.routes == application.ROUTES.keys()
    assert list(trials.missing(curated, contract)) == []


async def test_every_read_finds_what_is_there(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, policy=Policy()) as call:
        ids = await trade(api, call)
        wrong = {}
        for name, words in FOUND.items():
            more = EXECUTOR if name == "get_held_position" else {}
            id_ = {"executor_id": ids["executor"]} if "executor_id" in ALL.find(name).schema.get("required", ()) else {}
            outcome = await call(name, **arguments(ALL.find(name), **more, **id_))
            if outcome.is_error or words.format_map(ids) not in outcome.text:
                wrong[name] = outcome.text
        assert wrong == {}


async def test_what_is_not_there_is_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, policy=Policy()) as call:
        wrong = {}
        for name, words in (REFUSED | {tool.name: tool.paper for tool in ALL.tools if tool.paper}).items():
            outcome = await call(name, **arguments(ALL.find(name)))
            if not outcome.is_error or words not in outcome.text:
                wrong[name] = outcome.text
        assert wrong == {}


async def test_every_change_is_made(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    ids: dict[str, str] = {}
    async with assistant(api, monkeypatch, policy=Policy()) as call:
        for name, more, words in CHANGES:
            given = {
                key: value.format_map(ids) if isinstance(value, str) and value.startswith("{") else value
                for key, value in arguments(ALL.find(name), **more).items()
            }
            api.clock.advance(5000)
            refused = words.startswith("!")
            text = await (call.bad if refused else call.good)(name, **given)
            assert words.removeprefix("!").format_map(ids) in text, f"{name}: {text}"
            if name == "submit_order":
                ids["order"] = mentioned(text, r"(paper\w{8,})")
            if name == "start_executor":
                ids["executor"] = mentioned(text, r'executor_id"?[:=]"?([\w-]+)')
