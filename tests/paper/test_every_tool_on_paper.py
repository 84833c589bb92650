"""Every tool over one operation on the paper exchange: what is there is found, and what isn't there says so.

The requests themselves are in tests/test_every_tool.py; each good answer here is held to the contract by `assistant`.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from hbmcp.catalog import Tool
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

#: Words of the answer of every read tool whose service is there, after `trade` below.
FOUND: dict[str, str] = {
    "get_api_version": "version",
    "list_accounts": "second_account",
    "get_connected_exchanges": "hyperliquid_perpetual",
    "get_connectors": "kucoin",
    "get_credential_fields": "binance_api_secret",
    "list_archived_bots": "No archive",
    "list_backtests": "No backtest",
    "list_bots": "No bot is connected",
    "get_broker_status": '"mqtt_connected":false',
    "get_controller_performance": "No snapshots",
    "get_controller_performance_history": "No snapshots",
    "list_bot_runs": "No deployment",
    "get_bot_run_stats": '"total_runs":0',
    "list_controllers": "pmm_simple",
    "read_controller_code": "class ",
    "read_controller_template": "total_amount_quote",
    "check_controller_config": "Configuration is valid",
    "list_controller_configs": "mine",
    "get_controller_config": "pmm_simple",
    "list_swaps": "No swap",
    "get_gateway_status": '"running":false',
    "get_swap_summary": '"total_swaps":0',
    "list_clmm_positions": "No position",
    "list_clmm_events": "Nothing was done",
    "get_pull_status": "No pull",
    "get_executor_types": "twap_executor",
    "get_executor_config_schema": "start_price",
    "search_executors": "position_executor",
    "get_executor_record": "position_executor",
    "get_executor_logs": "",
    "get_executors_summary": '"total_active":1',
    "get_executors_performance": '"total_executors":2',
    "get_held_positions": "ETH-USDT",
    "get_held_position": "breakeven",
    "get_prices": "BTC-USDT",
    "get_orderbook": "asks: 10 rows",
    "get_average_fill_price": "average_price",
    "get_worst_fill_price": "result_price",
    "get_volume_to_price": "result_volume",
    "get_funding_info": "mark_price",
    "get_candles": "100 rows",
    "get_historical_candles": "2026-11-22T00:00:00",
    "get_portfolio_state": "second_account",
    "get_portfolio_distribution": "USDT",
    "get_accounts_distribution": "second_account",
    "get_portfolio_history": "master_account",
    "get_rates": '"BTC-USDT":',
    "get_rate": '"rate":',
    "get_cached_rates": "SOL-USDT",
    "get_rate_sources": "binance",
    "get_rate_oracle": '"name":"binance"',
    "list_scripts": "v2_with_controllers",
    "read_script_code": "class ",
    "get_script_template": "controllers_config",
    "list_script_configs": "mine",
    "get_script_config": "v2_with_controllers",
    "get_system_resources": "Sizes in GB",
    "get_storage_usage": "conf",
    "get_order_types": "LIMIT_MAKER",
    "get_market_data_feeds": "candles_binance",
    "get_market_data_settings": "cleanup_interval",
    "get_orderbook_diagnostics": "has_order_book_tracker",
    "get_candle_connectors": "binance",
    "list_active_orders": "{order}",
    "search_orders": "{order}",
    "get_trades": "BTC-USDT",
    "list_positions": "BTC-USDT",
    "get_funding_payments": "BTC-USDT",
    "get_position_mode": "ONEWAY",
    "get_trading_rules": "LINK-USDT",
}

NO_GATEWAY = "Gateway, which the Hummingbot API needs for this, isn't running"
NO_DOCKER = "can't reach Docker"

#: What is refused though its toolset isn't that of a service which a paper exchange hasn't, or in other words.
REFUSED: dict[str, str] = {
    "get_gateway_logs": NO_DOCKER,
    "list_clmm_pools": "no pools from Gateway",
    "get_swap_status": "Swap not found",
    "remove_container": "only removes Hummingbot containers",
    "delete_archived_bot": "not found",
    "compute_backtest": "No module named",
    "get_backtest": "not found",
    "list_backtest_executors": "not found",
    "delete_backtest": "not found",
    "get_bot_status": "No bot of this full name is connected",
    "get_bot_logs": "No bot of this full name is connected",
    "submit_bot": NO_DOCKER,
    "submit_script_bot": NO_DOCKER,
    "list_bot_configs": "not found",
    "write_bot_config": "not found",
}
ABSENT = {
    "gateway": NO_GATEWAY,
    "dex": NO_GATEWAY,
    "docker": NO_DOCKER,
    "bots": "not found",
    "archived_bots": "not found",
}

#: What changes something here, in this order: more arguments than VALUES has, and what is said then; "!" says no.
CHANGES: list[tuple[str, dict[str, Any], str]] = [
    ("add_account", {"account_name": "third"}, ""),
    (
        "add_credential",
        {"account_name": "third", "credentials": {"binance_api_key": "any", "binance_api_secret": "any"}},
        "",
    ),
    ("get_connected_exchanges", {"account_name": "third"}, "binance"),
    ("remove_credential", {"account_name": "third"}, ""),
    ("remove_account", {"account_name": "third"}, ""),
    ("get_connected_exchanges", {"account_name": "third"}, "!no account 'third'"),
    ("submit_order", {"amount": 0.01, "order_type": "LIMIT", "price": 1000}, "order_id"),
    ("list_active_orders", {}, "{order}"),
    ("submit_cancel", {"order_id": "{order}"}, "Requested"),
    ("search_orders", {"status": "CANCELLED"}, "{order}"),
    ("submit_cancel", {"order_id": "{order}"}, "!not found in active orders"),
    ("submit_leverage", {**PERPETUAL, "leverage": 7}, ""),
    ("submit_position_mode", {**PERPETUAL, "position_mode": "HEDGE"}, "success"),
    ("get_position_mode", PERPETUAL, "HEDGE"),
    ("submit_position_mode", {**PERPETUAL, "position_mode": "ONEWAY"}, "success"),
    ("submit_order", {**PERPETUAL, "amount": 0.01, "order_type": "MARKET"}, "order_id"),
    ("list_positions", {}, "BTC-USDT BOTH 0.01 "),
    (
        "submit_order",
        {**PERPETUAL, "amount": 0.01, "side": "SELL", "position_action": "CLOSE", "order_type": "MARKET"},
        "order_id",
    ),
    ("list_positions", {}, "No positions"),
    ("start_executor", {}, "executor_id"),
    ("submit_executor_stop", {"executor_id": "{executor}"}, ""),
    ("search_executors", {}, "{executor}"),
    ("start_executor", {"executor_config": HELD}, "executor_id"),
    ("clear_held_position", EXECUTOR, ""),
    ("add_trading_pair", {}, ""),
    ("restart_orderbook", {}, ""),
    ("remove_trading_pair", {}, ""),
    ("set_rate_oracle", {"source": "kucoin"}, ""),
    ("get_rate_oracle", {}, "kucoin"),
    ("write_controller_code", {"controller_name": "own", "content": "class Own: ..."}, ""),
    ("read_controller_code", {"controller_name": "own"}, "class Own"),
    ("remove_controller", {"controller_name": "own"}, ""),
    ("write_controller_config", {}, ""),
    ("remove_controller_config", {}, ""),
    ("get_controller_config", {}, "!not found"),
    ("write_script_code", {"script_name": "own", "content": "class Own: ..."}, ""),
    ("remove_script", {"script_name": "own"}, ""),
    ("write_script_config", {}, ""),
    ("remove_script_config", {}, ""),
    ("pull_image", {"image_name": "x:latest"}, ""),
    ("get_pull_status", {}, "failed"),
    ("start_gateway", {}, "started successfully"),
    ("restart_gateway", {}, "started successfully"),
    ("stop_gateway", {}, "stopped successfully"),
    ("submit_backtest", {}, "task_id"),
    ("list_backtests", {}, "failed"),
]


def arguments(tool: Tool, **others: Any) -> dict[str, Any]:
    """Those that the tool needs, and of the others those that it takes."""
    properties = tool.schema["properties"]
    given = {name: VALUES.get(name, f"any-{name}") for name in tool.schema.get("required", ())}
    if properties.get("connector_name", {}).get("pattern") or tool.name == "get_funding_info":
        given |= {"connector_name": "binance_perpetual"}
    if "enum" in (connector := properties.get("connector", {})):
        given |= {"connector": connector["enum"][0]}
    return given | {name: value for name, value in others.items() if name in properties}


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


CHANGED = {name for name, *_ in CHANGES if not ALL.find(name).reads}


def test_every_tool_is_tried() -> None:
    assert {tool.name for tool in ALL.tools if not tool.is_workflow} == {*FOUND, *CHANGED, *missing()}


def missing() -> dict[str, str]:
    """How each tool of what isn't there refuses."""
    of_services = {
        tool.name: ABSENT[tool.toolset] for tool in ALL.tools if tool.toolset in ABSENT and not tool.is_workflow
    }
    return {name: words for name, words in (of_services | REFUSED).items() if name not in {*FOUND, *CHANGED}}


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
        for name, words in missing().items():
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
