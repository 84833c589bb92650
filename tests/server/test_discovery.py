"""Tools that aren't listed are found, called as if by their names, and listed, within what a person allows."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.subscriptions import ToolsListChanged
from mcp.types import ElicitResult, ToolListChangedNotification
from syrupy.assertion import SnapshotAssertion

from hbmcp.catalog import Catalog
from hbmcp.discovery.tools import CALL, CALL_READ, ENABLE, FIND
from hbmcp.policy.model import default
from hbmcp.policy.offered import offered
from hbmcp.settings import Settings
from hbmcp.tokens import counter, shown
from tests.conftest import connected, operation_of
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.forked import HBMCP, stdio
from tests.server.http import clients
from tests.server.http.clients import BUY, made, on_paper, process, text
from tests.server.test_list_changes import PINNED
from tests.server.ways import LONG_WAYS
from tests.stdio_server import StdioServer

pytestmark = pytest.mark.anyio

WAYS = [pytest.param(way.values, marks=way.marks) for way in LONG_WAYS]
THREE = {FIND, CALL_READ, CALL}
DEFAULT = {tool.name for tool in offered(Catalog.load(), Settings(), default(on_paper=True)).tools}
RATE = {"trading_pair": "BTC-USDT"}


@asynccontextmanager
async def client_of(
    way: tuple[str, Any], folder: Path, *flags: str, token: str = "", policy: str = "", **other: Any
) -> AsyncIterator[Client]:
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    env = on_paper(folder, HBMCP_POLICY=str(folder / "policy.toml"), XDG_DATA_HOME=str(folder))
    over, mode = way
    if over == "stdio":
        started = stdio([*HBMCP, "serve", *flags], env=env, cwd=folder)
        async with Client(started, mode=mode, **other) as client:
            yield client
        return
    with process(*flags, env=env, cwd=folder) as (_, url):
        async with clients.client(url, token, mode, **other) as client:
            yield client


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


async def said(client: Client, tool: str, **arguments: Any) -> tuple[str, bool]:
    result: Any = await client.call_tool(tool, arguments)
    return text(result), bool(result.is_error)


def whole(answer: str) -> dict[str, dict[str, Any]]:
    """The definitions in an answer of find_tools -> how each is called."""
    lines = [line.partition(": ") for line in answer.splitlines() if line.startswith("With ")]
    return {json.loads(one)["name"]: {**json.loads(one), "how": how.removeprefix("With ")} for how, _, one in lines}


def audited(folder: Path) -> set[str]:
    """The tools that the audit names."""
    lines = (folder / "paper-audit.jsonl").read_text(encoding="utf-8").splitlines()
    return {one["tool"] for one in map(json.loads, lines) if "tool" in one}


def orders(folder: Path) -> int:
    with sqlite3.connect(folder / "paper.sqlite") as exchange:
        return int(exchange.execute("SELECT count(*) FROM orders").fetchone()[0])


def test_what_a_model_sees_of_them(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    env = on_paper(tmp_path)
    with StdioServer("--toolsets", "none", "--discovery", "search", env=env, cwd=tmp_path) as server:
        three = server.tools()
    assert list(three) == [FIND, CALL_READ, CALL]
    assert counter()[0](shown(three.values())) <= 700
    with StdioServer("--toolsets", "none", "--discovery", "toolsets", env=env, cwd=tmp_path) as server:
        one = server.tools()
    assert list(one) == [ENABLE]
    assert {**three, **one} == snapshot


@pytest.mark.parametrize("way", WAYS)
async def test_found_and_called(way: tuple[str, str], tmp_path: Path) -> None:
    async with client_of(way, tmp_path, "--discovery", "search") as client:
        assert await names(client) == DEFAULT | THREE
        answer, _ = await said(client, FIND, query="conversion rate from EUR to USD")
        found = whole(answer)
        assert found["get_rate"]["inputSchema"]["required"] == ["trading_pair"]
        assert found["get_rate"]["how"] == CALL_READ
        rate, failed = await said(client, CALL_READ, name="get_rate", arguments=RATE)
        assert not failed
        assert "BTC-USDT" in rate
        assert (await said(client, CALL_READ, name="get_rate", arguments=json.dumps(RATE)))[1] is False
        answer, failed = await said(client, CALL, name="set_rate_oracle", arguments={"quote_token": "USDT"})
        assert not failed, answer
    assert audited(tmp_path) == {"set_rate_oracle"}


@pytest.mark.parametrize("over", ["stdio", "http"])
async def test_what_is_listed_is_found_by_name_alone(over: str, tmp_path: Path) -> None:
    async with client_of((over, "auto"), tmp_path, "--discovery", "search") as client:
        answer, _ = await said(client, FIND, query="buy some bitcoin")
        assert answer.splitlines()[0] == "place_order is in your list: call it by its name."
        answer, _ = await said(client, FIND, query="get_rate, stop_executor")
        assert [one["how"] for one in whole(answer).values()] == [CALL_READ, CALL]
        answer, failed = await said(client, FIND, query="xyzzy")
        assert not failed
        assert answer.startswith("No tool's words are in that.")
        assert "Orders, fills, positions" in answer
        answer, _ = await said(client, FIND, query="book a flight, foo_bar")
        assert "In no tool's words: flight. Where that is the point, none does it." in answer


async def test_all_that_are_named_are_shown_and_what_is_none_is_told(tmp_path: Path) -> None:
    asked = ["get_rate", "list_bots", "stop_bot", "get_broker_status"]
    async with client_of(("stdio", "auto"), tmp_path, "--discovery", "search") as client:
        answer, _ = await said(client, FIND, query=f"{', '.join(asked)} and save_script")
    assert set(asked) <= whole(answer).keys()
    assert "No tool is called save_script." in answer


@pytest.mark.parametrize(
    ("query", "beside"),
    [("how is my bot doing, its logs", "list_bots"), ("place a TWAP order", "get_executor_fields")],
)
async def test_what_goes_with_what_was_found_is_named(query: str, beside: str, tmp_path: Path) -> None:
    async with client_of(("stdio", "auto"), tmp_path, "--discovery", "search") as client:
        answer, _ = await said(client, FIND, query=query)
        used = next(line for line in answer.splitlines() if line.startswith("Used with these: "))
        assert beside in whole(answer) or beside in used
        answer, _ = await said(client, CALL_READ, name="get_bot_status", arguments={})
    assert "list_bots has those there are, for bot_name." in answer


async def test_what_a_paper_exchange_hasnt_is_said_and_not_offered(tmp_path: Path) -> None:
    async with client_of(("stdio", "auto"), tmp_path, "--discovery", "search") as client:
        answer, _ = await said(client, FIND, query="backtest my strategy on last week")
    assert not {"run_backtest", "start_backtest"} & whole(answer).keys()
    assert "run_backtest doesn't work here: backtests need a real Hummingbot API." in answer.splitlines()[0]


@pytest.mark.parametrize("over", ["stdio", "http"])
async def test_who_may_read_for_good_may_not_act_by_that(over: str, tmp_path: Path) -> None:
    async with client_of((over, "auto"), tmp_path, "--discovery", "search", "--toolsets", "none") as client:
        listed = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert listed.keys() == THREE
        assert [bool(listed[name].annotations.read_only_hint) for name in (FIND, CALL_READ, CALL)] == [1, 1, 0]  # type: ignore[union-attr]
        for name in ("place_order", "submit_order", "connect_exchange"):
            answer, failed = await said(client, CALL_READ, name=name, arguments=BUY)
            assert failed
            assert answer.startswith(f"{name} does more than read")
        for name in THREE:
            answer, failed = await said(client, CALL, name=name, arguments={"query": "x", "name": "place_order"})
            assert failed
            assert "own name" in answer
        answer, failed = await said(client, CALL, name="place_ordr", arguments=BUY)
        assert failed
        assert "Did you mean place_order" in answer
        for none in ([], "", 0, False):
            answer, failed = await said(client, CALL, name="cancel_orders", arguments=none)
            assert failed
            assert "as an object" in answer, none
        assert (await said(client, CALL_READ, name="get_cached_rates", arguments=None))[1] is False
        for wrong in ({"arguments": {}}, {"name": 1}, {"name": "get_rate", "arguments": "{"}, {"name": "x", **RATE}):
            assert (await said(client, CALL, **wrong))[1], wrong
        assert (await said(client, FIND))[1]
        assert (await said(client, CALL, name="place_order", arguments=BUY))[1] is False
    assert orders(tmp_path) == 1


@pytest.mark.parametrize("over", ["stdio", "http"])
async def test_nothing_is_reached_beyond_what_a_person_allows(over: str, tmp_path: Path) -> None:
    flags = ("--discovery", "search", "--exclude-tools", "get_rate")
    policy = '[deny]\ntools = ["get_rates"]\n[limits]\norder = 1\n'
    async with client_of((over, "auto"), tmp_path, *flags, policy=policy) as client:
        refused = {
            "get_rate": "it was excluded",
            "get_rates": "the policy denies it",
            "submit_order": "another tool does the same",
            "add_credential": "shows a secret",
            "delete_account": "deletes or overwrites",
            "deploy_bot": "runs code",
        }
        for name, why in refused.items():
            answer, _ = await said(client, FIND, query=name)
            assert name not in whole(answer)
            for tool in (CALL, CALL_READ):
                answer, failed = await said(client, tool, name=name, arguments={})
                assert failed
                assert why in answer or (tool == CALL_READ and "does more than read" in answer)
        answer, _ = await said(client, FIND, query="deploy a market making bot")
        assert "deploy_bot is switched off here: it runs code" in answer
        answer, _ = await said(client, FIND, query="save a script")
        assert "save_script_code is switched off here: it runs code" in answer
        answer, failed = await said(client, CALL, name="place_order", arguments=BUY)
        assert failed
        assert "limit" in answer
    assert "place_order" in audited(tmp_path)
    assert orders(tmp_path) == 0


@pytest.mark.parametrize("over", ["stdio", "http"])
async def test_read_only_stays_read_only(over: str, tmp_path: Path) -> None:
    async with client_of((over, "auto"), tmp_path, "--discovery", "search", "--read-only") as client:
        listed = await names(client)
        assert listed & THREE == {FIND, CALL_READ}
        answer, _ = await said(client, FIND, query="buy some bitcoin")
        assert "place_order" not in whole(answer)
        assert "place_order is switched off here: this server is read-only" in answer
        answer, failed = await said(client, CALL_READ, name="place_order", arguments=BUY)
        assert failed
        with pytest.raises(Exception, match="no tool call_tool"):
            await client.call_tool(CALL, {"name": "place_order", "arguments": BUY})


@pytest.mark.parametrize("way", WAYS)
async def test_a_person_is_asked_as_if_it_were_called_by_its_name(way: tuple[str, str], tmp_path: Path) -> None:
    heard: list[str] = []
    answers = iter(["decline", "accept"])

    async def asked(_: Any, params: Any) -> ElicitResult:
        heard.append(params.message)
        action: Any = next(answers)
        return ElicitResult(action=action, content={"approve": True} if action == "accept" else None)

    flags = ("--discovery", "search", "--toolsets", "none")
    policy = 'confirm = "always"'
    async with client_of(way, tmp_path, *flags, policy=policy, elicitation_callback=asked) as client:
        answer, failed = await said(client, CALL, name="place_order", arguments=BUY)
        assert failed
        assert "said no" in answer
        assert orders(tmp_path) == 0
        assert (await said(client, CALL, name="place_order", arguments=BUY))[1] is False
        # The same again is told of, not done.
        answer, _ = await said(client, CALL, name="place_order", arguments=BUY)
        assert "again" in answer
    assert orders(tmp_path) == 1
    assert len(heard) == 2
    assert audited(tmp_path) == {"place_order"}


async def test_a_token_reaches_its_own_toolsets_and_no_others(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    reader = made("reader", "--toolsets", "rate_oracle", "--read-only", env=env, cwd=tmp_path)
    with process("--discovery", "search", env=env, cwd=tmp_path) as (_, url):
        async with clients.client(url, reader) as client:
            assert await names(client) == {FIND, CALL_READ}
            assert whole((await said(client, FIND, query="conversion rate"))[0]).keys() >= {"get_rate", "get_rates"}
            assert (await said(client, CALL_READ, name="get_rate", arguments=RATE))[1] is False
            answer, failed = await said(client, CALL_READ, name="get_ticker", arguments=RATE)
            assert failed
            assert "access token isn't for it" in answer
            answer, _ = await said(client, FIND, query="price of BTC ticker")
            assert "get_ticker" not in whole(answer)
            answer, _ = await said(client, FIND, query="buy some bitcoin")
            assert "switched off" not in answer


def test_what_this_api_lacks_is_neither_found_nor_called(api: FaultyApi, tmp_path: Path) -> None:
    lacking = operation_of("list_scripts").split()[1]
    paths = {path: item for path, item in PINNED["paths"].items() if path != lacking}
    api.answers["/openapi.json"] = Reply.json({**PINNED, "paths": paths})
    env = connected(api.url, HBMCP_COMPARE_API="true", LOG_LEVEL="WARNING")
    with StdioServer("--discovery", "search", env=env, cwd=tmp_path) as server:
        assert "list_scripts" in whole(server.call(FIND, query="list_scripts")[0])
        server.call("get_accounts")
        while "list_scripts" in whole(server.call(FIND, query="list_scripts")[0]):
            server.call("get_accounts")
        answer, failed = server.call(CALL_READ, name="list_scripts")
        assert failed
        assert "isn't offered" in answer


def test_a_call_through_another_is_cancelled_like_any(api: FaultyApi, tmp_path: Path) -> None:
    with StdioServer("--discovery", "search", env=connected(api.url, LOG_LEVEL="DEBUG"), cwd=tmp_path) as server:
        api.always = HANG
        hanging = server.start("tools/call", {"name": CALL_READ, "arguments": {"name": "get_cached_rates"}})
        while not api.requests:
            assert server.call(FIND, query="rates")[1] is False
        server.notify("notifications/cancelled", {"requestId": hanging})
        api.always = Reply.json([])
        server.call("get_accounts")
    assert any("get_cached_rates: cancelled" in line for line in server.log)


@pytest.mark.parametrize("discovery", ["off", "search"])
def test_without_discovery_nothing_of_it_is_loaded(discovery: str, tmp_path: Path) -> None:
    session = [
        {"id": 1, "method": "initialize", "params": clients.HELLO},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
    ]
    pipe, log = subprocess.PIPE, tmp_path / "log"
    command = [sys.executable, "-X", "importtime", "-m", "hbmcp", "serve", "--discovery", discovery]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, env=on_paper(tmp_path), cwd=tmp_path, stdin=pipe, stdout=pipe, stderr=stderr, encoding="utf-8"
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        for one in session:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **one}) + "\n")
        server.stdin.flush()
        listed = next(line for line in server.stdout if '"id":2' in line)
        server.stdin.close()
    assert '"place_order"' in listed
    assert ("hbmcp.discovery" in log.read_text()) == (FIND in listed) == (discovery == "search")


@pytest.mark.parametrize("way", WAYS)
async def test_a_toolset_is_listed_while_the_server_runs(way: tuple[str, str], tmp_path: Path) -> None:
    told = anyio.Event()

    async def heard(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            told.set()

    async with client_of(way, tmp_path, "--discovery", "toolsets", message_handler=heard) as client:
        listed = await client.list_tools()
        before = {tool.name for tool in listed.tools}
        assert before == DEFAULT | {ENABLE}
        (schema,) = (tool.input_schema for tool in listed.tools if tool.name == ENABLE)
        assert "rate_oracle" in schema["properties"]["toolset"]["enum"]
        assert "trading" not in schema["properties"]["toolset"]["enum"]
        assert (await said(client, ENABLE, toolset="nonsense"))[1]
        assert (await said(client, ENABLE, toolset="trading"))[1]
        if way[1] == "legacy":
            answer, _ = await said(client, ENABLE, toolset="rate_oracle")
            with anyio.fail_after(30):
                await told.wait()
        else:
            assert listed.ttl_ms == 0
            async with client.listen(tools_list_changed=True) as events:
                answer, _ = await said(client, ENABLE, toolset="rate_oracle")
                with anyio.fail_after(30):
                    assert isinstance(await anext(aiter(events)), ToolsListChanged)
        added = await names(client) - before
    assert added == {tool.name for tool in Catalog.load().choose(toolsets=["rate_oracle"]).tools}
    assert all(name in answer for name in added)


async def test_without_a_session_it_is_listed_for_who_holds_the_token(tmp_path: Path) -> None:
    env = on_paper(tmp_path)
    one = made("one", "--toolsets", "trading,rate_oracle", "--read-only", env=env, cwd=tmp_path)
    other = made("other", env=env, cwd=tmp_path)
    with process("--discovery", "toolsets", env=env, cwd=tmp_path) as (_, url):
        async with clients.client(url, one) as client:
            before = await names(client)
            assert (await said(client, ENABLE, toolset="gateway"))[1], "it isn't for that"
            assert (await said(client, ENABLE, toolset="rate_oracle"))[1] is False
        async with clients.client(url, one) as client:
            added = await names(client) - before
            assert "get_rate" in added
            assert "set_rate_oracle" not in added
        async with clients.client(url, other) as client:
            assert "get_rate" not in await names(client)
