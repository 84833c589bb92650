"""What is served beside tools, to clients of both eras, over stdio and HTTP."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)
from syrupy.assertion import SnapshotAssertion

from hbmcp import __version__
from hbmcp.prompts.prompt import prompts
from tests.conftest import replaying
from tests.replay.server import Answer, Replay
from tests.server.http.clients import BUY, made, on_paper, process
from tests.server.http.clients import client as holding
from tests.server.ways import LONG_WAYS, MODES, Ways


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("beside_tools")
    (folder / "policy.toml").write_text("[limits]\norder = 5000\n[profiles.mine.limits]\norder = 100\n")
    env = on_paper(folder, HBMCP_POLICY=str(folder / "policy.toml"))
    with process(env=env, cwd=folder) as (_, url):
        yield Ways(env, folder, url)


@pytest.mark.anyio
@pytest.mark.parametrize(("over", "mode"), LONG_WAYS)
async def test_says_what_it_is_and_answers_every_list(over: str, mode: str, ways: Ways) -> None:
    async with ways.client(over, mode) as client:
        info = client.server_info
        assert info is not None
        assert (info.name, info.title, info.version) == ("hbmcp", "Hummingbot", __version__)
        assert info.description == "Lets AI assistants run a Hummingbot trading installation."
        assert info.icons is not None
        (icon,) = info.icons
        kind, _, data = icon.src.partition(";base64,")
        assert (kind, icon.mime_type) == ("data:image/svg+xml", "image/svg+xml")
        assert ElementTree.fromstring(b64decode(data)).tag == "{http://www.w3.org/2000/svg}svg"
        assert len(icon.src) < 400
        assert (await client.list_tools()).tools
        await client.list_prompts()
        await client.list_resources()
        await client.list_resource_templates()


@pytest.mark.anyio
async def test_the_lists_are_these(ways: Ways, snapshot: SnapshotAssertion) -> None:
    """As a client has them, of a server with the default toolsets."""
    async with ways.client("http", "auto") as client:
        listed = (await client.list_prompts()).prompts
        assert [one.model_dump(exclude_none=True, by_alias=True) for one in listed] == snapshot(name="prompts")
        resources = (await client.list_resources()).resources
        assert [one.model_dump(exclude_none=True, by_alias=True) for one in resources] == snapshot(name="resources")
        templates = (await client.list_resource_templates()).resource_templates
        assert [one.model_dump(exclude_none=True, by_alias=True) for one in templates] == snapshot(name="templates")


async def completed(client: Client, prompt: str, argument: str, typed: str, **given: str) -> list[str]:
    done = await client.complete(PromptReference(name=prompt), {"name": argument, "value": typed}, given or None)
    return done.completion.values


@pytest.mark.anyio
@pytest.mark.parametrize(("over", "mode"), LONG_WAYS)
async def test_prompts_are_listed_written_and_completed(over: str, mode: str, ways: Ways) -> None:
    async with ways.client(over, mode) as client:
        assert {one.name for one in (await client.list_prompts()).prompts} == prompts().keys()
        told = {"side": "BUY", "trading_pair": "BTC-USDT", "quote_amount": "100"}
        (message,) = (await client.get_prompt("safe_trade", told)).messages
        assert isinstance(message.content, TextContent)
        assert message.role == "user"
        about, everywhere, *_ = message.content.text.split("\n")
        assert about == "I want to BUY BTC-USDT for 100 of its quote currency, MARKET."
        assert everywhere.startswith("In every call that takes them: trading_pair BTC-USDT. ")
        with pytest.raises(MCPError, match="- side: missing; expected one of BUY, SELL") as refused:
            await client.get_prompt("safe_trade", {})
        assert refused.value.error.code == INVALID_PARAMS
        with pytest.raises(MCPError, match=r"No prompt safe_trad is offered here.*Did you mean safe_trade"):
            await client.get_prompt("safe_trad", {})
        assert await completed(client, "safe_trade", "side", "b") == ["BUY"]
        assert await completed(client, "safe_trade", "account_name", "MAST") == ["master_account"]
        assert "binance_perpetual" in await completed(client, "safe_trade", "connector_name", "binance")
        pairs = await completed(client, "safe_trade", "trading_pair", "btc-", connector_name="binance")
        assert "BTC-USDT" in pairs
        assert all(one.startswith("BTC-") for one in pairs[:1])
        assert await completed(client, "safe_trade", "quote_amount", "1") == []
        assert await completed(client, "safe_trade", "colour", "r") == []
        assert await completed(client, "bot_deployment", "controller_name", "pmm") == []  # its toolset is off
        assert await completed(client, "safe_trade", "trading_pair", "", connector_name="no_such_exchange") == []
        assert await completed(client, "safe_trade", "account_name", "", connector_name="kucoin") == ["master_account"]
        assert await completed(client, "safe_trade", "account_name", "", connector_name="kraken") == []  # not connected
        perpetual = await completed(client, "cut_losses", "connector_name", "")
        assert perpetual
        assert all("perpetual" in one for one in perpetual)  # the prompt refuses others


@pytest.mark.anyio
async def test_controllers_and_networks_are_completed_where_their_toolsets_are_on(ways: Ways) -> None:
    env = {**ways.env, "HBMCP_TOOLSETS": "accounts,portfolio,trading,market_data,bots,controllers,gateway,dex"}
    async with Ways(env, ways.cwd, "").client("stdio", "auto") as client:
        assert await completed(client, "bot_deployment", "controller_name", "PMM") == ["pmm_simple"]
        assert await completed(client, "liquidity", "network_id", "mainnet") == ["solana-mainnet-beta"]


@pytest.mark.anyio
async def test_pairs_of_a_dex_are_those_of_its_pools(replay: Replay, tmp_path: Path) -> None:
    env = replaying(replay, HBMCP_TOOLSETS="accounts,trading,market_data,dex,gateway")
    async with Ways(env, tmp_path, "").client("stdio", "auto") as client:
        pairs = await completed(client, "liquidity", "trading_pair", "", connector="meteora")
        assert pairs == ["SOL-USDC", "JUP-USDC"]


@pytest.mark.anyio
async def test_pairs_are_of_the_exchanges_of_the_account_that_is_named(replay: Replay, tmp_path: Path) -> None:
    replay.answers("GET /accounts/", Answer(body=["desk", "other"]))
    replay.answers("GET /accounts/{account_name}/credentials", Answer(body=["kucoin"]))
    async with Ways(replaying(replay), tmp_path, "").client("stdio", "auto") as client:
        await completed(client, "safe_trade", "trading_pair", "", account_name="desk")
    asked = [one.raw_path for one in replay.requests]
    assert [path for path in asked if "/accounts/desk/" in path]
    assert not [path for path in asked if "/accounts/other/" in path]


@pytest.mark.anyio
async def test_a_prompt_says_how_what_is_not_listed_is_called(ways: Ways) -> None:
    grid = {"trading_pair": "BTC-USDT", "connector_name": "binance", "quote_amount": "500"}
    grid |= {"lower_price": "-5%", "upper_price": "+5%"}
    for how, said in (
        (
            "search",
            "list_executors, list_bots, get_executor_fields, get_executor through call_read_tool, create_executor",
        ),
        ("toolsets", "enable_toolset"),
    ):
        async with Ways({**ways.env, "HBMCP_DISCOVERY": how}, ways.cwd, "").client("stdio", "auto") as client:
            (message,) = (await client.get_prompt("grid_on_range", grid)).messages
            assert isinstance(message.content, TextContent)
            *_, last = message.content.text.split("\n")
            assert last.startswith("Not in your list of tools: ")
            assert said in last


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_token_has_the_prompts_whose_tools_it_has(mode: str, ways: Ways) -> None:
    reader = made(f"reader-{mode}", "--read-only", env=ways.env, cwd=ways.cwd)
    trader = made(f"trader-{mode}", "--toolsets", "trading", env=ways.env, cwd=ways.cwd)
    with process(env=ways.env, cwd=ways.cwd) as (_, url):
        async with holding(url, reader, mode=mode) as client:
            names = {one.name for one in (await client.list_prompts()).prompts}
            assert names == {"morning_report", "portfolio_review", "funding_arbitrage"}
            with pytest.raises(MCPError, match="No prompt safe_trade is offered here"):
                await client.get_prompt("safe_trade", {})
            assert "master_account" in await completed(client, "morning_report", "account_name", "")
        async with holding(url, trader, mode=mode) as client:
            assert (await client.list_prompts()).prompts == []


async def text_of(client: Client, uri: str) -> str:
    (contents,) = (await client.read_resource(uri, cache_mode="bypass")).contents
    assert isinstance(contents, TextResourceContents)
    assert (contents.uri, contents.mime_type) == (uri, "text/plain")
    return contents.text


async def answer(client: Client, tool: str, **arguments: Any) -> str:
    (content,) = (await client.call_tool(tool, arguments)).content
    assert isinstance(content, TextContent)
    return content.text


@pytest.mark.anyio
@pytest.mark.parametrize(("over", "mode"), LONG_WAYS)
async def test_a_resource_is_what_its_tool_answers(over: str, mode: str, ways: Ways) -> None:
    async with ways.client(over, mode) as client:
        assert await text_of(client, "hummingbot://accounts") == await answer(client, "get_accounts")
        assert "total_value" in await text_of(client, "hummingbot://portfolio")
        assert "No open positions" in await text_of(client, "hummingbot://positions")
        assert "No open orders" in await text_of(client, "hummingbot://orders")
        assert await text_of(client, "hummingbot://triggers") == await answer(client, "list_triggers")
        assert "limits.order = 5,000 USDT" in await text_of(client, "hummingbot://policy")
        assert "USDT" in await text_of(client, "hummingbot://accounts/master_account/balances")
        rules = await text_of(client, "hummingbot://connectors/binance/trading-rules/BTC-USDT")
        assert "BTC-USDT" in rules
        assert "ETH-USDT" not in rules
        assert "ETH-USDT" in await text_of(client, "hummingbot://connectors/binance/trading-rules")
        template = ResourceTemplateReference(
            uri="hummingbot://connectors/{connector_name}/trading-rules/{trading_pair}"
        )
        pairs = await client.complete(
            template, {"name": "trading_pair", "value": "ETH-U"}, {"connector_name": "binance"}
        )
        assert pairs.completion.values[0].startswith("ETH-U")


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_what_can_not_be_read_is_an_error_that_says_why(mode: str, ways: Ways) -> None:
    async with ways.client("http", mode) as client:
        for uri in ("hummingbot://nothing", "hummingbot://bots", "file:///etc/passwd", "hummingbot://accounts/a/b/c"):
            with pytest.raises(MCPError, match=r"is offered here.*resources/list has") as refused:
                await client.read_resource(uri)
            assert refused.value.error.code == INVALID_PARAMS
            assert refused.value.error.data == {"uri": uri}
        with pytest.raises(MCPError, match="There is no account nobody") as refused:
            await client.read_resource("hummingbot://accounts/nobody/positions")
        assert refused.value.error.code == INTERNAL_ERROR
        with pytest.raises(MCPError, match=r"No resource template.*resources/templates/list has"):
            await client.complete(ResourceTemplateReference(uri="hummingbot://bots"), {"name": "x", "value": ""})


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_token_reads_what_its_tools_read_and_of_the_audit_its_own(mode: str, ways: Ways) -> None:
    """Nor does a profile of others concern it."""
    buyer = made(f"buyer-{mode}", "--toolsets", "trading", env=ways.env, cwd=ways.cwd)
    other = made(f"other-{mode}", env=ways.env, cwd=ways.cwd)
    with process("--toolsets", "all", env=ways.env, cwd=ways.cwd) as (_, url):
        async with holding(url, other, mode=mode) as client:
            assert "start_price" in await text_of(client, "hummingbot://executors/grid_executor")
            guide = ResourceTemplateReference(uri="hummingbot://executors/{executor_type}")
            done = await client.complete(guide, {"name": "executor_type", "value": "grid"})
            assert done.completion.values == ["grid_executor"]
            await client.call_tool("place_order", {**BUY, "again": True})
            assert f"other-{mode}" in await text_of(client, "hummingbot://audit")
        async with holding(url, buyer, mode=mode) as client:
            uris = {one.uri.removeprefix("hummingbot://") for one in (await client.list_resources()).resources}
            assert uris == {"positions", "orders", "policy", "audit"}
            with pytest.raises(MCPError, match="No resource hummingbot://portfolio is offered here"):
                await client.read_resource("hummingbot://portfolio")
            assert await text_of(client, "hummingbot://audit") == "Nothing but reads was called."
            await client.call_tool("place_order", {**BUY, "again": True})
            audit = await text_of(client, "hummingbot://audit")
            assert "BUY 0.001 BTC-USDT" in audit
            assert "other" not in audit
            policy = await text_of(client, "hummingbot://policy")
            assert "limits.order = 5,000 USDT" in policy
            assert "profiles" not in policy
