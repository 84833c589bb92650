"""What programs get with --structured, over real servers and both eras of the protocol: each answer is held to its
outputSchema by the SDK's client, which raises where it doesn't fit."""

import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from mcp import Client
from mcp.types import CallToolResult, TextContent

from hbmcp.catalog import Catalog
from hbmcp.results.cells import ERRORS, worded
from hbmcp.results.tables import like_rows
from tests import conftest
from tests.conftest import EVERY, environment, http_server, operation_of, replaying
from tests.forked import HBMCP, stdio
from tests.paper.test_every_tool_on_paper import CONTROLLER, VALUES, arguments
from tests.replay.server import Answer, Replay
from tests.sampling import sampled
from tests.server.http.clients import on_paper
from tests.server.ways import MODES, WAYS
from tests.services.geckoterminal import ROOT, geckoterminal
from tests.services.test_geckoterminal import CALLS, POOL, WETH
from tests.test_every_tool import arguments_for
from tests.workflows.executors.executor_account import POSITION

pytestmark = pytest.mark.anyio

CATALOG = Catalog.load()
READS = {tool.name: tool for tool in CATALOG.tools.values() if tool.only_looks}
ELSEWHERE = {CATALOG.tools[name].toolset for name, _ in CALLS.values()}  # what they ask is no Hummingbot API
OURS = {name: tool for name, tool in READS.items() if tool.toolset not in ELSEWHERE}
THEIRS = {"network": "eth", "dex": "uniswap_v3", "pool_address": POOL, "token_address": WETH, "addresses": [POOL]}
PLAIN = [tool for tool in OURS.values() if not tool.is_workflow]
STRUCTURED = {"HBMCP_STRUCTURED": "true", "HBMCP_TOOLS": ",".join(EVERY)}
LINE = 200  # characters of text beside an answer

WHERE = {"account_name": "master_account", "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT"}
#: What each workflow that reads is asked, once `traded` has given it something to find.
WORKFLOWS: Mapping[str, dict[str, Any]] = {
    "get_accounts": {},
    "run_backtest": {"config": {"id": "mine", **CONTROLLER}, "start_time": "7d"},
    "get_controller_template": CONTROLLER,
    "validate_controller_config": {**CONTROLLER, "config": {"total_amount_quote": 100}},
    "get_controller_code": CONTROLLER,
    "list_pool_positions": {"connector": "meteora", "network_id": "solana-mainnet-beta", "pool_address": "p"},
    "get_executor_fields": {"executor_type": "grid_executor"},
    "get_executor": {},
    "list_executors": {},
    "list_wallets": {},
    "get_ticker": {"trading_pairs": ["BTC-USDT", "ETH-USDT"]},
    "estimate_trade": {**WHERE, "side": "BUY", "amount": 0.01},
    "get_funding_rates": {"trading_pairs": ["BTC-USDT"]},
    "get_portfolio_balances": {},
    "get_account_balance": {"account_name": "master_account"},
    "get_portfolio_performance": {},
    "get_script_code": {"script_name": "v2_with_controllers"},
    "get_status": {},
    "get_open_orders": {},
    "get_order": {},
    "get_order_history": {},
    "get_positions": {},
    "get_position_history": {},
    "get_fees": {},
    "list_triggers": {},
    "get_trigger": {},
    "wait_for": {"connector_name": "binance", "trading_pair": "BTC-USDT", "above": "1"},
}
NOT_ON_PAPER = ("run_backtest",)


@frozen
class Servers:
    """One over HTTP, and what another over stdio is started with."""

    env: Mapping[str, str]
    cwd: Path
    url: str

    @asynccontextmanager
    async def client(self, over: str, mode: Any) -> AsyncIterator[Client]:
        told = self.url if over == "http" else stdio([*HBMCP, "serve"], env=dict(self.env), cwd=self.cwd)
        async with Client(told, mode=mode) as client:
            yield client


@contextmanager
def servers(env: dict[str, str], cwd: Path) -> Iterator[Servers]:
    with http_server(env, cwd) as url:
        yield Servers(env, cwd, url)


@pytest.fixture(scope="module")
def on_replay(replay_server: Replay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with servers(replaying(replay_server, **STRUCTURED), tmp_path_factory.mktemp("replay")) as opened:
        yield opened


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("paper")
    with servers(on_paper(folder, **STRUCTURED), folder) as opened:
        yield opened


def text(result: CallToolResult) -> str:
    (only,) = result.content
    assert isinstance(only, TextContent)
    return only.text


def content(result: CallToolResult) -> Any:
    """What a program gets of a good answer; the text is one short line."""
    assert not result.is_error, text(result)
    assert len(text(result)) <= LINE + 1
    assert "\n" not in text(result)
    return result.structured_content


@pytest.mark.parametrize(("over", "mode"), sampled(reversed(WAYS), 4))
async def test_every_read_gives_what_the_api_answered(over: str, mode: str, on_replay: Servers, replay: Replay) -> None:
    """Whole, under the API's names, null and all; but for secrets, and sizes in GB."""
    async with on_replay.client(over, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for tool in PLAIN:
            for every in (False, True):
                found = content(await client.call_tool(tool.name, arguments_for(tools[tool.name], every=every)))
                assert found.keys() == {"result", "notes"}, tool.name
                if not tool.result.keys() & {"secret", "scrub", "gigabytes"}:
                    sent = json.loads(replay.answer_of(tool.operation).content)
                    assert found["result"] == _without_addresses(sent), tool.name


def _without_addresses(value: Any) -> Any:
    """Reasons that repeat what an exchange answered lose them."""
    if isinstance(value, dict):
        return {key: _without_addresses(worded(one) if key in ERRORS else one) for key, one in value.items()}
    return list(map(_without_addresses, value)) if isinstance(value, list) else value


@pytest.mark.parametrize(("over", "mode"), sampled(WAYS, 4))
async def test_every_workflow_and_every_read_on_paper(over: str, mode: str, paper: Servers) -> None:
    """A column of a workflow's rows has one type, whatever its digits."""
    assert WORKFLOWS.keys() == {name for name, tool in OURS.items() if tool.is_workflow}
    async with paper.client(over, mode) as client:
        ids = await traded(client)
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, given in WORKFLOWS.items():
            result = await client.call_tool(name, {**given, **ids.get(name, {})})
            if name in NOT_ON_PAPER:
                assert result.is_error
                assert result.structured_content is None
            else:
                found = content(result)
                assert found.keys() == {"result", "notes"}, name
                assert unnamed(tools[name].output_schema, found["result"]) == set(), name
                mixed = {key for rows in tables(found["result"]) for key in rows[0] if len(types(rows, key)) > 1}
                assert mixed <= {"default"}, name  # that of a field, which has a type of its own
        good = 0
        for tool in PLAIN:
            result = await client.call_tool(tool.name, arguments(tool))
            if result.is_error:  # what paper hasn't
                assert result.structured_content is None
            else:
                assert content(result).keys() == {"result", "notes"}, tool.name
                good += 1
        assert good >= 50


def unnamed(schema: Any, result: Any) -> set[str]:
    """The members and columns of a workflow's answer that its outputSchema doesn't name."""
    named = schema["properties"]["result"]
    members = named.get("properties", {})
    found: set[str] = result.keys() - members.keys() if isinstance(result, dict) else set()
    for way, of in (
        (result, named),
        *((result[name], members.get(name, {})) for name in members if isinstance(result, dict) and name in result),
    ):
        if isinstance(way, list) and like_rows(way):
            found |= {name for row in way for name in row} - of["items"].get("properties", {}).keys()
    return found


def tables(value: Any) -> Iterator[list[dict[str, Any]]]:
    if isinstance(value, list) and like_rows(value):
        yield value
    for inner in value.values() if isinstance(value, dict) else ():
        yield from tables(inner)


def types(rows: list[dict[str, Any]], column: str) -> set[type]:
    return {type(row[column]) for row in rows if row.get(column) is not None}


async def traded(client: Client) -> Mapping[str, dict[str, Any]]:
    """Something to find; arguments that only this exchange knows, by tool."""

    async def done(tool: str, **given: Any) -> str:
        result = await client.call_tool(tool, given)
        assert not result.is_error, text(result)
        assert result.structured_content is None  # it acts
        return text(result)

    again = {"again": True}
    await done("start_gateway")
    await client.call_tool("add_wallet", {"chain": "solana", "private_key": "5" * 88})  # once: it may be there
    await done("place_order", **WHERE, side="BUY", amount=0.01, order_type="MARKET", **again)
    spot = {**WHERE, "connector_name": "binance"}
    order = await done("place_order", **spot, side="BUY", amount=0.01, price=1000, **again)
    executor = await done(
        "create_executor", account_name="master_account", executor_type="position_executor", config=POSITION, **again
    )
    await done("write_controller_config", config_name="mine", config=VALUES["config"])
    trigger = await done(
        "create_trigger", connector_name="binance", trading_pair="BTC-USDT", below="1", note="low", **again
    )
    return {
        "get_order": {"order_id": json.loads(order.partition("\n")[0])["order_id"]},
        "get_executor": {"executor_id": json.loads(executor.partition("\n")[0])["executor_id"]},
        "get_trigger": {"id": json.loads(trigger.partition("\n")[0])["id"]},
    }


@pytest.mark.parametrize("mode", MODES)
async def test_every_read_of_other_services(mode: str, tmp_path: Path) -> None:
    with geckoterminal() as api:
        env = environment(HBMCP_GECKOTERMINAL_URL=f"{api.url}{ROOT}", **STRUCTURED)
        async with Client(stdio([*HBMCP, "serve"], env=env, cwd=tmp_path), mode=mode) as client:
            for tool, given in CALLS.values():
                assert content(await client.call_tool(tool, given)).keys() == {"result", "notes"}, tool
            good = 0
            for one in READS.values():
                if one.toolset in ELSEWHERE:
                    given = {name: THEIRS.get(name, "hour") for name in one.schema.get("required", ())}
                    result = await client.call_tool(one.name, given)
                    assert result.is_error == (result.structured_content is None)  # what that server doesn't know
                    good += result.structured_content is not None and content(result).keys() == {"result", "notes"}
            assert good >= 10


async def test_only_reads_have_a_schema_and_only_where_it_is_asked_for(
    on_replay: Servers, replay: Replay, tmp_path: Path
) -> None:
    async with on_replay.client("http", "auto") as client:
        listed = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
    assert {name for name, schema in listed.items() if schema is not None} == READS.keys()
    env = replaying(replay, HBMCP_TOOLS="list_accounts")
    async with Client(stdio([*HBMCP, "serve"], env=env, cwd=tmp_path)) as client:
        assert [tool.output_schema for tool in (await client.list_tools()).tools] == [None]
        result = await client.call_tool("list_accounts", {})
        assert result.structured_content is None
        assert "desk" in text(result)


@pytest.mark.parametrize("mode", MODES)
async def test_an_api_of_another_version_answers_otherwise_and_no_client_fails(
    mode: str, on_replay: Servers, replay: Replay
) -> None:
    odd: list[Any] = [[1], "text", 5, None, {"pagination": []}, {"data": {"a": 1}}, {"data": [1, None, {"price": []}]}]
    unexpected = 0
    async with on_replay.client("http", mode) as client:
        for body in odd:
            replay.answers("POST /trading/orders/search", Answer(body=body))
            result = await client.call_tool("search_orders", {})
            found = content(result)
            assert found.get("result", found.get("unexpected")) == body
            unexpected += "unexpected" in found
    assert unexpected == 6  # all but null


async def test_an_error_is_text(on_replay: Servers, replay: Replay) -> None:
    replay.answers("GET /accounts/", Answer(500, {"detail": "it broke"}))
    async with on_replay.client("http", "auto") as client:
        result = await client.call_tool("list_accounts", {})
        assert result.is_error
        assert result.structured_content is None
        assert "it broke" in text(result)
        unfit = await client.call_tool("get_orderbook", {})
        assert unfit.is_error
        assert unfit.structured_content is None


async def test_secrets_are_masked_in_names_texts_and_numbers(replay: Replay, tmp_path: Path) -> None:
    env = replaying(replay, **STRUCTURED)
    _, password = replay.auth
    body = {f"x {password}": f"it is {password}", "list": [[password]], "plain": "trader"}
    replay.answers(operation_of("get_connected_exchanges"), Answer(body=[body]))
    async with Client(stdio([*HBMCP, "serve"], env=env, cwd=tmp_path)) as client:
        result = await client.call_tool("get_connected_exchanges", {"account_name": "desk"})
    told = result.model_dump_json()
    assert password not in told
    (row,) = (found := content(result)).get("result", found.get("unexpected"))
    assert row == {"x ***": "it is ***", "list": [["***"]], "plain": "trader"}


@pytest.mark.slow
def test_the_example_tells_what_the_tokens_are_worth(tmp_path: Path) -> None:
    command = [*HBMCP, "serve", "--structured", "--paper-db", ":memory:"]
    done = subprocess.run(
        [sys.executable, conftest.ROOT / "examples/worth.py", *command],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^BTC +[\d,]+\.\d\d USDT$", done.stdout, re.MULTILINE)
