"""Every request of a call, answered as an API never would: a table of odd answers, and what must hold under each.

The paper exchange does what it is asked; between it and the bridge the answer is exchanged for another one.
"""

import asyncio
import gzip
import json
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import define, field, frozen

from hbmcp.bridge import Bridge, Outcome
from hbmcp.installation.executors.run import unknown_start
from hbmcp.installation.orders import sending
from hbmcp.paper.api.application import application
from hbmcp.paper.api.config_files import Folder
from hbmcp.paper.api.contract import pinned
from hbmcp.paper.api.routes.executors import executors_of
from hbmcp.paper.gateway import POOLS, Gateway
from hbmcp.settings import Settings
from hummingbot_api.client import Client
from tests.paper.assistant import ALL
from tests.paper.paper_api import AUTH, HOUR, PaperApi
from tests.short_pauses import shorten_pauses
from tests.workflows.executors.executor_account import POSITION

JSON = "application/json"
TWO_LOOKS = 0.3  # seconds: one at once, one a quarter of a second later
LIMIT = 1_000_000  # bytes of an answer: a bomb of the real size would only take time
HTML = b"<html><h1>Welcome to nginx</h1></html>"
Odd = Callable[[httpx.Response], httpx.Response]


def _status(status: int, body: bytes = b"", content_type: str = "text/html", **headers: str) -> Odd:
    return lambda _: httpx.Response(status, content=body, headers={"content-type": content_type, **headers})


def _detail(status: int, text: str) -> Odd:
    return _status(status, json.dumps({"detail": text}).encode(), JSON)


def _body(body: bytes, content_type: str = JSON, **headers: str) -> Odd:
    return _status(200, body, content_type, **headers)


def _breaks(error: type[httpx.TransportError]) -> Odd:
    def odd(_: httpx.Response) -> httpx.Response:
        raise error("the connection broke")

    return odd


def _changed(change: Callable[[Any], Any]) -> Odd:
    def odd(answer: httpx.Response) -> httpx.Response:
        if not answer.is_success:
            return answer
        return httpx.Response(answer.status_code, json=change(answer.json()))

    return odd


def _scalars(change: Callable[[Any], Any]) -> Odd:
    def deep(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: deep(one) for name, one in value.items()}
        return [deep(one) for one in value] if isinstance(value, list) else change(value)

    return _changed(deep)


def _objects(change: Callable[[dict[str, Any]], Any], *, inner: bool = False) -> Odd:
    """Of objects, or with `inner` of those in lists only."""

    def deep(value: Any, within: bool) -> Any:
        if isinstance(value, list):
            return [deep(one, True) for one in value]
        if not isinstance(value, dict):
            return value
        each = {name: deep(one, within) for name, one in value.items()}
        return change(each) if within or not inner else each

    return _changed(lambda value: deep(value, False))


def _lists(change: Callable[[list[Any]], Any]) -> Odd:
    def deep(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: deep(one) for name, one in value.items()}
        return change([deep(one) for one in value]) if isinstance(value, list) else value

    return _changed(deep)


#: Name -> what comes in the place of a good answer.
ODD: Mapping[str, Odd] = {
    "301": _status(301, b"", location="http://elsewhere.invalid/"),
    "307": _status(307, b"", location="http://elsewhere.invalid/"),
    "400 html": _status(400, HTML),
    "401 html": _status(401, HTML),
    "404 html": _status(404, HTML),
    "408": _status(408),
    "418 object": _status(418, b'{"why": "teapot"}', JSON),
    "429 text": _status(429, b"Too Many Requests", "text/plain"),
    "500 text": _status(500, b"Internal Server Error", "text/plain"),
    "500 html": _status(500, HTML),
    "500 signature": _detail(500, "Transaction timed out after 60 s, signature 5KtP9"),
    "502": _status(502, HTML),
    "503": _status(503),
    "504": _status(504, b"upstream request timeout", "text/plain"),
    "204": _status(204),
    "empty": _body(b""),
    "html": _body(HTML, "text/html"),
    "text": _body(b"OK", "text/plain"),
    "half": _body(b'{"data": [{"order_id": "x'),
    "bytes": _body(b"\xff\xfe\x00"),
    "NaN": _body(b'{"data": NaN}'),
    "bomb": _body(gzip.compress(b"[" + b" " * 2 * LIMIT + b"]"), **{"content-encoding": "gzip"}),
    "not gzip": _body(b"[]", **{"content-encoding": "gzip"}),
    "deep": _body(b"[" * 5000 + b"]" * 5000),
    "cut": _breaks(httpx.RemoteProtocolError),
    "reset": _breaks(httpx.ReadError),
    "null": _body(b"null"),
    "[]": _body(b"[]"),
    "{}": _body(b"{}"),
    "string": _body(b'"text"'),
    "5": _body(b"5"),
    "[null]": _body(b"[null]"),
    "[[]]": _body(b"[[]]"),
    "wrong things": _body(b'[{"a": 1}, 2, "c"]'),
    "data null": _body(b'{"data": null}'),
    "data [null]": _body(b'{"data": [null, {}, 5, "x", []]}'),
    "data object": _body(b'{"data": {"a": {"b": []}}}'),
    "error": _body(b'{"error": "it broke"}'),
    "renamed": _objects(lambda value: {f"{name}_": one for name, one in value.items()}),
    "rows renamed": _objects(lambda value: {f"{name}_": one for name, one in value.items()}, inner=True),
    "rows empty": _objects(lambda _: {}, inner=True),
    "objects as lists": _objects(lambda value: list(value.values()), inner=True),
    "nulls": _scalars(lambda _: None),
    "words": _scalars(lambda _: "odd"),
    "sevens": _scalars(lambda _: 7),
    "flags": _scalars(lambda _: True),
    "inner lists": _scalars(lambda value: [value]),
    "huge": _scalars(lambda value: value if isinstance(value, str) else "1e9999"),
    "text huge": _scalars(lambda value: "9" * 400 if isinstance(value, int | float) else value),
    "lists as objects": _lists(lambda value: dict(enumerate(value))),
    "lists null": _lists(lambda _: None),
    "doubled": _lists(lambda value: [*value, *value]),
    "last odd": _lists(lambda value: [*value, None]),
}


@define
class Spoiled(httpx.AsyncBaseTransport):
    """The exchange, and in the place of what it answers to the request of that number, and from then on to those of its
    operation (or with `all_after` to any), the odd answer. `asked` is (operation, body) of every request."""

    app: httpx.ASGITransport
    number: int | None
    odd: Odd | None
    all_after: bool = False
    asked: list[tuple[str, bytes]] = field(factory=list)
    spoiled: set[str] = field(factory=set)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        operation, _, _ = pinned().find(request.method, request.url.path)
        assert operation is not None
        self.asked.append((operation.key, request.content))
        answer = await self.app.handle_async_request(request)
        await answer.aread()
        struck = len(self.asked) == self.number or self.spoiled & {operation.key, "*"}
        if self.odd is None or not struck:
            return answer
        self.spoiled |= {operation.key} | ({"*"} if self.all_after else set())
        answer.request = request
        return self.odd(answer)


@frozen
class Case:
    """A call, and what makes its exchange ready for it, and gives more arguments."""

    tool: str
    arguments: Mapping[str, Any]
    prepare: Callable[[PaperApi], Mapping[str, Any] | None] = lambda _: None


@define
class Run:
    """One call under one fault: its outcome, what was asked, what the exchange had then that it hadn't before."""

    outcome: Outcome
    transport: Spoiled
    new_ids: list[str]
    late: int


SENDS = {key for tool in ALL.catalog.tools.values() if not tool.reads and (key := tool.operation)}


async def run(
    case: Case,
    folder: Path,
    number: int | None = None,
    odd: Odd | None = None,
    *,
    all_after: bool = False,
    structured: bool = False,
) -> Run:
    """The case, with the answer to its request of that number spoiled; `structured` if a program calls."""
    with PaperApi(folder) as api:
        more = case.prepare(api) or {}
        before = ids(api)
        transport = Spoiled(httpx.ASGITransport(application(api.paper, *AUTH)), number, odd, all_after)
        client = httpx.AsyncClient(base_url="http://paper", auth=AUTH, transport=transport)
        with pytest.MonkeyPatch.context() as patched:
            hurry(patched)
            patched.setattr("hbmcp.paper.start.in_process", lambda _: client)
            patched.setattr("hbmcp.times._clock", api.clock.now)
            patched.setattr("hbmcp.api.sending.Client", partial(Client, limit=LIMIT))
            bridge = Bridge(ALL, Settings.model_construct(paper=True, paper_db=":memory:"))
            try:
                outcome = await bridge.call(case.tool, {**case.arguments, **more}, structured=structured)
                asked = len(transport.asked)
                for _ in range(20):
                    await asyncio.sleep(0)
                late = len(transport.asked) - asked
            finally:
                await bridge.aclose()
        return Run(outcome, transport, [one for one in ids(api) if one not in before], late)


def ids(api: PaperApi) -> list[str]:
    """Of the orders and executors that the exchange has."""
    executors = executors_of(api.paper).shelf.all()
    return [*(one.id for one in executors), *(one.id for one in api.paper.engine.orders())]


def hurry(patched: pytest.MonkeyPatch) -> None:
    """What didn't come is looked for twice."""
    shorten_pauses(patched)
    patched.setattr(sending, "LOOK", TWO_LOOKS)
    patched.setattr(unknown_start, "LOOKS", 2)
    patched.setattr("hbmcp.workflows.executors.create_executor.LOOK", TWO_LOOKS)
    for tool in ("close_positions", "cancel_orders", "replace_order", "place_orders"):
        patched.setattr(f"hbmcp.workflows.trading.{tool}.WAIT", TWO_LOOKS)


def judge(case: Case, done: Run, log: list[logging.LogRecord]) -> list[str]:
    """What is wrong with how a call ended."""
    text, transport = done.outcome.text, done.transport
    wrong = []
    if "hbmcp itself failed" in text or "Traceback" in text:
        wrong.append("it failed itself")
    wrong += [f"logged: {record.exc_text or record.getMessage()}"[-900:] for record in log if record.levelno >= 40]
    sent = [one for one in transport.asked if one[0] in SENDS]
    wrong += [f"sent twice: {one}" for one in set(sent) if sent.count(one) > 1]
    if done.late:
        wrong.append(f"{done.late} requests after the answer")
    if done.new_ids and case.tool in PLACES:
        struck = transport.spoiled & {key for key, _ in sent}
        if not struck and (lost := [one for one in done.new_ids if one not in text and _named(case, one)]):
            wrong.append(f"lost {lost}")
        said = any(one in text for one in ("utcome unknown", "Unknown", "couldn't be looked at", *done.new_ids))
        if struck and not said:
            wrong.append("sent, and nothing is said of it")
        if "Nothing was sent" in text or "othing was done" in text:
            wrong.append("said to have done nothing")
    return wrong


def _named(case: Case, one: str) -> bool:
    """Whether that id is the answer's to tell: an executor's orders aren't."""
    return case.tool != "create_executor" or not one.startswith("paper")


def _losing(api: PaperApi) -> None:
    for pair, amount in (("BTC-USDT", "0.1"), ("ETH-USDT", "2")):
        api.paper.engine.place("master_account", "binance_perpetual", pair, "BUY", Decimal(amount), action="OPEN")  # type: ignore[arg-type]


def _rests(api: PaperApi) -> dict[str, Any]:
    placed = api.paper.engine.place(
        "master_account", "binance", "BTC-USDT", "BUY", Decimal("0.01"), "LIMIT", Decimal(1000)
    )
    return {"order_id": placed.id}


def _resting(api: PaperApi) -> None:
    _rests(api)


def _traded(api: PaperApi) -> None:
    _losing(api)
    _rests(api)
    api.paper.engine.place("master_account", "binance", "BTC-USDT", "BUY", Decimal("0.01"))
    api.clock.advance(9 * HOUR)


def _runs(api: PaperApi) -> dict[str, Any]:
    from hbmcp.installation.executors.config.validation import check

    config = check("create_executor", "position_executor", POSITION)
    return {"executor_id": executors_of(api.paper).create("master_account", "main", config.sent).id}


def _listed(api: PaperApi) -> None:
    _runs(api)


def _swaps(api: PaperApi) -> None:
    gateway = api.paper.part("gateway", Gateway)
    gateway.running = True
    gateway.wallets["solana"] = ["PaperWallet"]
    gateway.defaults["solana"] = "PaperWallet"


def _provides(api: PaperApi) -> dict[str, Any]:
    _swaps(api)
    row = {
        "position_address": "PaperPosition", "pool_address": POOLS["meteora"], "connector": "meteora", "status": "OPEN",
        "network": "solana-mainnet-beta", "wallet_address": "PaperWallet", "trading_pair": "SOL-USDC",
        "lower_price": 100, "upper_price": 200,
    }  # fmt: skip
    api.paper.part("gateway", Gateway).positions.append(row)
    return {"position_address": "PaperPosition"}


def _configured(api: PaperApi) -> None:
    folder = Folder(api.paper.folder)
    controller = {"controller_type": "market_making", "controller_name": "pmm_simple"}
    market = {"connector_name": "binance_perpetual", "trading_pair": "BTC-USDT", "total_amount_quote": 100}
    folder.controller_configs.put("mine", {"id": "mine", **controller, **market})
    folder.script_configs.put(
        "mine", {"script_file_name": "v2_with_controllers.py", "controllers_config": ["mine.yml"]}
    )


BOT = {"instance_name": "bot", "account_name": "master_account"}
WHERE = {"account_name": "master_account", "connector_name": "binance_perpetual"}
CONTROLLER = {"controller_type": "market_making", "controller_name": "pmm_simple"}
TOTAL = {"total_amount_quote": 200}
PRICE = {"watch": "price", "connector_name": "binance", "trading_pair": "BTC-USDT"}
ON_CHAIN = {"network_id": "solana-mainnet-beta"}
PLACES = ("place_order", "replace_order", "place_orders", "close_position", "close_positions", "create_executor")
#: The tools that the documentation promises.
PROMISED = [
    *("get_accounts", "get_account_balance", "get_portfolio_balances", "get_portfolio_performance"),
    *("place_order", "cancel_order", "get_open_orders", "get_order_history", "get_positions", "close_position"),
    *("get_position_history", "get_ticker", "get_orderbook", "get_funding_rates"),
]
#: Workflows that ask the API nothing: what they tell, or keep, is in the store, or known beforehand.
ASKING_NOTHING = {
    *("list_triggers", "get_trigger", "cancel_trigger", "cancel_after"),
    *("get_executor_fields", "set_executor_defaults"),
}
#: The promised ones, and those that hand-written code stands behind as well.
CASES: Mapping[str, Case] = {
    "get_accounts": Case("get_accounts", {}),
    "get_account_balance": Case("get_account_balance", {"account_name": "master_account"}, _traded),
    "get_portfolio_balances": Case("get_portfolio_balances", {}, _traded),
    "get_portfolio_performance": Case("get_portfolio_performance", {}, _traded),
    "place_order": Case(
        "place_order",
        {**WHERE, "trading_pair": "BTC-USDT", "side": "BUY", "amount": 0.01, "order_type": "MARKET", "wait": 0.005},
    ),
    "place_orders": Case(
        "place_orders",
        {"orders": [
            {**WHERE, "trading_pair": "BTC-USDT", "side": "BUY", "amount": 0.01, "order_type": "MARKET"},
            {**WHERE, "trading_pair": "ETH-USDT", "side": "BUY", "amount": 0.1, "order_type": "MARKET"},
        ]},
    ),
    "cancel_order": Case("cancel_order", {"wait": 0.005}, _rests),
    "replace_order": Case("replace_order", {"price": "50000"}, _rests),
    "cancel_orders": Case("cancel_orders", {"account_name": "master_account"}, _resting),
    "get_open_orders": Case("get_open_orders", {}, _traded),
    "get_order_history": Case("get_order_history", {}, _traded),
    "get_positions": Case("get_positions", {}, _traded),
    "close_position": Case("close_position", {"trading_pair": "BTC-USDT", "wait": 0.005}, _losing),
    "get_position_history": Case("get_position_history", {}, _traded),
    "get_fees": Case("get_fees", {}, _traded),
    "get_ticker": Case("get_ticker", {"trading_pairs": ["BTC-USDT"]}),
    "get_orderbook": Case("get_orderbook", {"connector_name": "binance", "trading_pair": "BTC-USDT"}),
    "get_funding_rates": Case("get_funding_rates", {"trading_pairs": ["BTC-USDT"]}, _losing),
    "close_positions": Case("close_positions", {"account_name": "master_account", "preview": False}, _losing),
    "get_order": Case("get_order", {}, _rests),
    "estimate_trade": Case(
        "estimate_trade", {**WHERE, "trading_pair": "BTC-USDT", "side": "BUY", "amount": 0.01}
    ),
    "set_leverage": Case("set_leverage", {**WHERE, "trading_pair": "BTC-USDT", "leverage": 5}, _losing),
    "set_position_mode": Case("set_position_mode", {**WHERE, "position_mode": "HEDGE"}),
    "create_executor": Case(
        "create_executor", {"account_name": "master_account", "executor_type": "position_executor", "config": POSITION}
    ),
    "get_executor": Case("get_executor", {}, _runs),
    "list_executors": Case("list_executors", {}, _listed),
    "stop_executor": Case("stop_executor", {"position": "close", "wait": 0.005}, _runs),
    "delete_credential": Case("delete_credential", {**WHERE, "preview": False}, _traded),
    "delete_account": Case("delete_account", {"account_name": "second_account", "preview": False}, _traded),
    "get_status": Case("get_status", {}),
    "get_controller_template": Case(
        "get_controller_template", {"controller_type": "market_making", "controller_name": "pmm_simple"}
    ),
    "save_controller_config": Case(
        "save_controller_config",
        {
            "config_name": "mine",
            "config": {"controller_type": "market_making", "controller_name": "pmm_simple", "total_amount_quote": 100},
        },
    ),
    "delete_controller": Case(
        "delete_controller", {"controller_type": "market_making", "controller_name": "pmm_simple", "preview": False},
    ),
    "delete_script": Case("delete_script", {"script_name": "v2_with_controllers", "preview": False}),
    "save_script_config": Case(
        "save_script_config",
        {"config_name": "mine", "config": {"script_file_name": "v2_with_controllers.py"}},
    ),
    "deploy_bot": Case("deploy_bot", {**BOT, "config_names": ["mine"]}, _configured),
    "deploy_script_bot": Case("deploy_script_bot", {**BOT, "script_config": "mine"}, _configured),
    "get_script_code": Case("get_script_code", {"script_name": "v2_with_controllers"}),
    "save_script_code": Case("save_script_code", {"script_name": "mine", "content": "x = 1"}),
    "get_controller_code": Case(
        "get_controller_code", {"controller_type": "market_making", "controller_name": "pmm_simple"}
    ),
    "save_controller_code": Case(
        "save_controller_code", {"controller_type": "generic", "controller_name": "mine", "content": "x = 1"}
    ),
    "validate_controller_config": Case("validate_controller_config", {**CONTROLLER, "config": TOTAL}),
    "delete_controller_config": Case(
        "delete_controller_config", {"config_name": "mine", "preview": False}, _configured
    ),
    "delete_script_config": Case("delete_script_config", {"config_name": "mine", "preview": False}, _configured),
    "update_bot_config": Case(
        "update_bot_config", {"bot_name": "bot", "config_name": "mine", "updates": TOTAL}, _configured
    ),
    "run_backtest": Case("run_backtest", {"config_name": "mine", "start_time": "2h"}, _configured),
    "start_backtest": Case("start_backtest", {"config_name": "mine", "start_time": "2h"}, _configured),
    "connect_exchange": Case("connect_exchange", {"connector_name": "binance"}),
    "create_trigger": Case("create_trigger", {**PRICE, "below": "1000"}),
    "protect_position": Case("protect_position", {"trading_pair": "BTC-USDT", "stop": "-5%"}, _losing),
    "wait_for": Case("wait_for", {**PRICE, "above": "1000", "timeout": 1}),
    "list_wallets": Case("list_wallets", {}),
    "remove_wallet": Case("remove_wallet", {"chain": "ethereum", "address": "0x1", "preview": False}),
    "update_network": Case("update_network", {"network_id": "ethereum-mainnet", "updates": {"nodeURL": "http://x"}}),
    "update_dex_connector": Case(
        "update_dex_connector", {"connector_name": "jupiter", "updates": {"slippagePct": 2}}
    ),
    "execute_swap": Case(
        "execute_swap",
        {"connector": "jupiter", **ON_CHAIN, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2},
        _swaps,
    ),
    "open_clmm_position": Case(
        "open_clmm_position",
        {
            "connector": "meteora", **ON_CHAIN, "pool_address": POOLS["meteora"], "lower_price": 100,
            "upper_price": 200, "base_token_amount": 1,
        },
        _swaps,
    ),
    "add_clmm_liquidity": Case(
        "add_clmm_liquidity", {"connector": "meteora", **ON_CHAIN, "quote_token_amount": 1}, _provides
    ),
    "remove_clmm_liquidity": Case(
        "remove_clmm_liquidity", {"connector": "meteora", **ON_CHAIN, "percentage": 50}, _provides
    ),
    "list_pool_positions": Case(
        "list_pool_positions", {"connector": "meteora", "network_id": "solana-mainnet-beta", "pool_address": "p"}
    ),
}  # fmt: skip


def telling(asked: list[tuple[str, bytes]]) -> list[int]:
    """The numbers of the first request of each operation, and of the first after something was sent: from that one on
    all of the operation are answered oddly, so the others would tell the same."""
    sent = next((number for number, (operation, _) in enumerate(asked) if operation in SENDS), len(asked))
    first: dict[tuple[str, bool], int] = {}
    for number, (operation, _) in enumerate(asked):
        first.setdefault((operation, number > sent), number + 1)
    return list(first.values())


async def storm(
    case: Case, folder: Path, caplog: pytest.LogCaptureFixture, faults: Callable[[int], list[tuple[str, bool]]]
) -> list[str]:
    """The requests of a call under the faults that are chosen for each number; what went wrong, a line each."""
    clean = await run(case, folder / "clean")
    assert "hbmcp itself failed" not in clean.outcome.text
    wrong = []
    for number in telling(clean.transport.asked):
        for name, all_after in faults(number):
            caplog.clear()
            done = await run(case, folder / f"{number}-{name}-{all_after}", number, ODD[name], all_after=all_after)
            asked, _ = clean.transport.asked[number - 1]
            where = f"{case.tool}, request {number} {asked}, {name}{' and all after' if all_after else ''}"
            wrong += [f"{where}: {one}\n    {done.outcome.text[:300]}" for one in judge(case, done, caplog.records)]
    return wrong
