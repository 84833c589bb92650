"""The server over streamable HTTP."""

import socket
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client

from hbmcp.server.http.listening import listen
from tests.conftest import connected, hbmcp, http_server
from tests.faulty_api import HANG, FaultyApi, Reply

ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.1,
    "order_type": "MARKET",
}
MODES = ["legacy", "auto"]


@pytest.fixture(scope="module")
def url(_faulty_api: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with every tool."""
    folder = tmp_path_factory.mktemp("http")
    (folder / "policy.toml").touch()  # no limits: what is sent here is worth nothing that anybody knows
    policy = str(folder / "policy.toml")
    env = connected(_faulty_api.url, LOG_LEVEL="WARNING", HBMCP_TOOLS="all", HBMCP_POLICY=policy)
    with http_server(env, folder) as address:
        yield address


def text(result: Any) -> str:
    assert len(result.content) == 1
    told: str = result.content[0].text
    return told


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_clients_of_both_eras_list_and_call(mode: str, url: str, api: FaultyApi) -> None:
    api.always = Reply.json(["master_account"])
    async with Client(url, mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["list_accounts"].annotations is not None
        assert tools["list_accounts"].annotations.read_only_hint is True
        result = await client.call_tool("list_accounts", {})
        assert (result.is_error, text(result)) == (False, '["master_account"]')


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_an_order_without_an_answer_is_sent_once_and_its_outcome_is_unknown(
    mode: str, url: str, api: FaultyApi
) -> None:
    api.always = Reply(drop=True)
    async with Client(url, mode=mode) as client:
        result = await client.call_tool("submit_order", {**ORDER, "again": True})
    assert result.is_error
    assert "Outcome unknown" in text(result)
    assert "Don't repeat it" in text(result)
    assert "get_open_orders" in text(result)
    assert [request.path for request in api.requests] == ["/trading/orders"]


@pytest.mark.anyio
@pytest.mark.parametrize("mode", MODES)
async def test_a_client_that_gives_up_closes_the_connection_to_the_api(mode: str, url: str, api: FaultyApi) -> None:
    api.then(HANG)
    async with Client(url, mode=mode) as client, anyio.create_task_group() as group:
        group.start_soon(client.call_tool, "list_accounts", {})
        assert await anyio.to_thread.run_sync(api.arrived.wait, 10)
        group.cancel_scope.cancel()
    assert await anyio.to_thread.run_sync(api.left.wait, 10)


def test_other_hosts_and_origins_are_turned_away(url: str) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"accept": "application/json, text/event-stream"}
    with httpx.Client(trust_env=False) as client:
        assert client.post(url, json=body, headers={**accept, "host": "evil.example"}).status_code == 421
        assert client.post(url, json=body, headers={**accept, "origin": "http://evil.example"}).status_code == 403


def test_it_listens_on_the_loopback_only(url: str) -> None:
    port = int(url.rsplit(":", 1)[1].partition("/")[0])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with socket.socket() as probe:
            assert probe.connect_ex((address, port)) != 0


def test_a_port_that_is_taken_is_said_in_a_line(url: str, tmp_path: Any) -> None:
    port = url.rsplit(":", 1)[1].partition("/")[0]
    done = hbmcp(
        "serve", "--transport", "http", env=connected("http://127.0.0.1:1", MCP_SERVER_PORT=port), cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"Port {port}" in done.stderr
    assert "MCP_SERVER_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_small_answers_are_not_held_back() -> None:
    """asyncio turns Nagle's algorithm off only for sockets that name TCP."""
    with listen(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
