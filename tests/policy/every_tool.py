"""A world in which every tool that isn't a read gets as far as to its request, and none of them changes anything.

Behind the bridge is the paper exchange, with something there for each tool to act on. What isn't a read is written
down and answered as the contract promises, and goes no further: so all tools can be tried in one world, several at
once.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import field, frozen
from mcp.types import Tool as Definition

from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog, Effect, Offer, Tool
from hbmcp.paper.api.application import application
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.gateway import Gateway
from hbmcp.paper.market.order_book import Book
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from tests.answer_storm import hurry
from tests.conftest import EVERY
from tests.paper.assistant import assistant
from tests.paper.paper_api import AUTH, PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import BUY, PAIR, PLACE, WHERE, rest
from tests.replay.server import Answer, good_answers
from tests.test_every_tool import arguments_for
from tests.workflows.executors.executor_account import POSITION

CATALOG = Catalog.load()
ALL = CATALOG.choose(tools=EVERY)
#: What only changes what hbmcp keeps itself reaches no operation.
KEPT = ("set_executor_defaults", "create_trigger", "protect_position", "cancel_trigger", "cancel_after")
ACTING = [tool for tool in CATALOG.tools.values() if not tool.reads and tool.name not in KEPT]
CHANGES = {tool.operation for tool in ACTING if tool.operation}
BEYOND_LIMIT = 1  # in quote: less than any order here is worth
AT_ONCE = 12

CONTROLLER = {"controller_type": "market_making", "controller_name": "pmm_simple"}
CONFIG = {**CONTROLLER, "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "total_amount_quote": 100}
SCRIPT = {"script_file_name": "v2_with_controllers.py"}
PERPETUAL = {**PAIR, "connector_name": "binance_perpetual"}
CODE = {"content": "a = 1"}
CHAIN = {"network_id": "solana-mainnet-beta"}
POOL = {**CHAIN, "connector": "meteora"}
#: What each workflow is given, beside what only the world knows, and what it then does to what is at risk.
WORKFLOWS: Mapping[str, tuple[dict[str, Any], Effect]] = {
    "delete_account": ({"account_name": "second_account"}, "unprotects"),
    "deploy_bot": ({"instance_name": "bot", "account_name": "master_account", "config_names": ["mine"]}, "runs_code"),
    "deploy_script_bot": (
        {"instance_name": "bot", "account_name": "master_account", "script_config": "mine"},
        "runs_code",
    ),
    "delete_credential": (WHERE, "unprotects"),
    "start_backtest": ({"config": CONFIG, "start_time": "7d"}, "configures"),
    "save_controller_config": ({"config_name": "new", "config": CONFIG}, "configures"),
    "update_bot_config": (
        {"bot_name": "desk", "config_name": "mine", "updates": {"total_amount_quote": 200}},
        "runs_code",
    ),
    "delete_controller_config": ({"config_name": "mine"}, "configures"),
    "delete_controller": (CONTROLLER, "configures"),
    "save_controller_code": ({"controller_type": "generic", "controller_name": "new", **CODE}, "runs_code"),
    "create_executor": (
        {"account_name": "master_account", "executor_type": "position_executor", "config": POSITION},
        "opens",
    ),
    "stop_executor": ({"position": "close", "wait": 0}, "stops"),
    "update_dex_connector": ({"connector_name": "jupiter", "updates": {"slippage_pct": 2}}, "configures"),
    "update_network": ({"network_id": "solana-mainnet-beta", "updates": {"node_url": "https://n/k"}}, "configures"),
    "remove_wallet": ({"chain": "ethereum"}, "unprotects"),
    "save_script_config": ({"config_name": "new", "config": SCRIPT}, "configures"),
    "delete_script_config": ({"config_name": "mine"}, "configures"),
    "delete_script": ({"script_name": "v2_with_controllers"}, "configures"),
    "save_script_code": ({"script_name": "new", **CODE}, "runs_code"),
    "place_order": ({**BUY, "amount": 0.01, "order_type": "MARKET", "wait": 0}, "opens"),
    "place_orders": ({"orders": [{**BUY, "amount": 0.01, "order_type": "MARKET"}]}, "opens"),
    "cancel_order": ({"wait": 0}, "cancels"),
    "replace_order": ({"price": "50000"}, "opens"),
    "cancel_orders": ({"side": "BUY"}, "cancels"),
    "close_position": ({**PERPETUAL, "wait": 0}, "reduces"),
    "close_positions": ({"account_name": "master_account"}, "reduces"),
    "set_position_mode": ({**WHERE, "connector_name": "bybit_perpetual", "position_mode": "HEDGE"}, "configures"),
    "execute_swap": (
        {**CHAIN, "connector": "jupiter", "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2},
        "moves",
    ),
    "open_clmm_position": (
        {**POOL, "pool_address": "any", "lower_price": 100, "upper_price": 200, "base_token_amount": 1},
        "moves",
    ),
    "add_clmm_liquidity": (
        {**POOL, "position_address": "8wNfDm2YkVx5RtBqLs9GzPcJh7UeAoT3iKrXvQ6nWbEg", "base_token_amount": 1},
        "moves",
    ),
    "remove_clmm_liquidity": (
        {**POOL, "position_address": "8wNfDm2YkVx5RtBqLs9GzPcJh7UeAoT3iKrXvQ6nWbEg", "percentage": 50},
        "reduces",
    ),
    "set_leverage": ({**PERPETUAL, "leverage": 50}, "unprotects"),
}
#: The values of tools over one operation are of the replaying API, but for what the policy looks up before it judges.
PLAIN: Mapping[str, dict[str, Any]] = {
    "submit_order": {**BUY, "amount": "0.01"},
    "start_executor": {
        "account_name": "master_account",
        "executor_config": {"type": "position_executor", **POSITION, "amount": "0.01"},
    },
}
ON_A_CHAIN = (
    "POST /gateway/swap/quote",
    "GET /gateway/networks/{network_id}/tokens",
    "GET /gateway/clmm/pool-info",
    "POST /gateway/clmm/positions/search",
)
#: What isn't there on paper.
THERE: Mapping[str, Answer] = {
    **{key: answer for key, answer in good_answers().items() if key in ON_A_CHAIN},
    "GET /controllers/bots/{bot_name}/configs": Answer(body=[{"_config_name": "mine", "id": "mine", **CONFIG}]),
}
#: What a plan is about beside its arguments: what it reads tells.
READS: Mapping[str, Any] = {
    "update_bot_config": {**CONFIG, "account_name": "not known, where accounts are restricted"},
    "deploy_bot": CONFIG,
}


def effect_of(tool: Tool) -> str:
    """What its call here does at most."""
    return WORKFLOWS[tool.name][1] if tool.is_workflow else tool.effect["is"]


_SENT: ContextVar[list[str]] = ContextVar("what a call has sent")


class Recorder(httpx.AsyncBaseTransport):
    """Passes reads on, and notes everything else where the call says."""

    def __init__(self, api: PaperApi) -> None:
        self._paper = httpx.ASGITransport(application(api.paper, *AUTH))
        self._answers = good_answers()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation, _, _ = pinned().find(request.method, request.url.path)
        assert operation is not None
        if operation.key in THERE:
            return _response(THERE[operation.key])
        if operation.key not in CHANGES:
            return await self._paper.handle_async_request(request)
        _SENT.get().append(operation.key)
        return _response(self._answers[operation.key])


def _response(answer: Answer) -> httpx.Response:
    return httpx.Response(answer.status, content=answer.content, headers={"content-type": answer.content_type})


@frozen
class World:
    """Who calls tools. `ids` are arguments that only this world knows."""

    data: Path
    ids: Mapping[str, dict[str, Any]]
    api: PaperApi = field(repr=False)

    def arguments(self, tool: Tool) -> dict[str, Any]:
        """All that a call needs to get to its request."""
        if tool.is_workflow:
            given = {**WORKFLOWS[tool.name][0], **self.ids.get(tool.name, {})}
        else:
            plain = arguments_for(Definition.model_validate(tool.definition), every=False)
            given = plain | PLAIN.get(tool.name, {})
        return {**given, **({"preview": False} if tool.previews else {})}

    async def call(self, bridge: Bridge, tool: Tool, **more: Any) -> tuple[set[str], Outcome]:
        """The operations that a call reached which aren't reads, and what it said."""
        return await self.call_with(bridge, tool.name, {**self.arguments(tool), **more})

    async def call_with(self, bridge: Bridge, tool: str, arguments: Mapping[str, Any]) -> tuple[set[str], Outcome]:
        """The same with these arguments and no others."""
        sent: list[str] = []
        _SENT.set(sent)
        outcome = await bridge.call(tool, arguments)
        return set(sent), outcome

    def price(self) -> Decimal:
        """Of BTC-USDT on the spot exchange, best ask."""
        market, clock = self.api.paper.market, self.api.clock
        return Book.snapshot(market, "binance", "BTC-USDT", clock.now()).asks[0].price

    async def tried(
        self, bridge: Bridge, tools: Iterable[Tool], expected: Callable[[Tool], set[str]], **more: Any
    ) -> dict[str, tuple[set[str], str]]:
        """Each called once; those that reached something else than expected, and what they said."""
        places = asyncio.Semaphore(AT_ONCE)
        in_turn = asyncio.Lock()  # two that close the same at one moment don't both

        async def one(tool: Tool) -> tuple[set[str], Outcome]:
            async with in_turn if tool.name.startswith("close_position") else nullcontext(), places:
                return await self.call(bridge, tool, **more)

        tools = list(tools)
        found = await asyncio.gather(*map(one, tools))  # each in a task, and so in a context, of its own
        told = zip(tools, found, strict=True)
        return {tool.name: (sent, outcome.text) for tool, (sent, outcome) in told if sent != expected(tool)}

    @asynccontextmanager
    async def bridge(self, policy: Policy, offer: Offer = ALL, **settings: Any) -> AsyncIterator[Bridge]:
        """A server of its own, with audit, store and halt in this world's folder."""
        told = Settings.model_construct(paper=True, paper_db=str(self.data / "paper.sqlite"), **settings)
        bridge = Bridge(offer, told, policy=policy)
        try:
            yield bridge
        finally:
            await bridge.aclose()


def sends(tool: Tool) -> set[str]:
    """The operations that it may reach."""
    if not tool.is_workflow:
        return {tool.operation}
    found = {part.operation for name in tool.uses if not (part := CATALOG.tools[name]).reads}
    return found - {PLACE} if tool.name == "replace_order" else found  # the old one isn't seen gone here


@asynccontextmanager
async def world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    hurry(monkeypatch)
    monkeypatch.setattr("os.fsync", lambda _: None)  # nobody pulls the plug here
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    with PaperApi(folder / "files") as api:
        ids = await _prepared(api, monkeypatch)
        recorder = Recorder(api)
        monkeypatch.setattr(
            "hbmcp.paper.start.in_process",
            lambda _: httpx.AsyncClient(base_url="http://paper", auth=AUTH, transport=recorder),
        )
        (folder / "data" / "hbmcp").mkdir(parents=True)
        yield World(folder / "data" / "hbmcp", ids, api)


async def _prepared(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Something for each tool; an argument that only this exchange knows, by tool."""
    open_position(api, "BUY", "0.1")
    open_position(api, "BUY", "0.01", connector="bybit_perpetual", account="second_account")
    monkeypatch.setattr("hbmcp.times._clock", api.clock.now)
    async with assistant(api, monkeypatch, policy=Policy()) as call:
        await call.good("write_controller_config", config_name="mine", config={"id": "mine", **CONFIG})
        await call.good("write_script_config", config_name="mine", config=SCRIPT)
        await call.good("start_gateway")
        api.paper.part("gateway", Gateway).lines.clear()  # which tell a version that can't add liquidity
        await call.good("add_wallet", chain="ethereum", private_key="0x" + "cd" * 32)
        wallets = await call.good("list_wallets")
        executor = json.loads(
            (
                await call.good(
                    "create_executor",
                    account_name="master_account",
                    executor_type="position_executor",
                    config={**POSITION, "trading_pair": "ETH-USDT"},
                )
            ).partition("\n")[0]
        )["executor_id"]
    return {
        "cancel_order": {"order_id": rest(api)},
        "replace_order": {"order_id": rest(api)},
        "stop_executor": {"executor_id": executor},
        "remove_wallet": {"address": next(word for word in wallets.replace('"', ",").split(",") if word[:2] == "0x")},
    }
