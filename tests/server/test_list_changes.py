"""The API turns out to lack what tools need: clients that listen are told, and the list's hints say so before."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import ToolsListChanged
from mcp.types import ToolListChangedNotification

from hbmcp.server.list_changes import OF_EACH
from hbmcp.server.switchboard import LIST_TTL_MS
from tests.conftest import connected, http_server, operation_of
from tests.faulty_api import FaultyApi, Reply
from tests.forked import HBMCP, stdio
from tests.server.http.clients import bearer, made
from tests.stdio_server import StdioServer

pytestmark = pytest.mark.anyio

POSITIONS = operation_of("list_positions").split()[1]
PINNED = json.loads(files("hummingbot_api").joinpath("openapi.json").read_bytes())
GONE = {"get_positions", "close_position", "close_positions", "protect_position"}  # of the default toolsets
COMPARES = {"HBMCP_COMPARE_API": "true", "LOG_LEVEL": "WARNING"}


def document(*without: str) -> Reply:
    paths = {path: item for path, item in PINNED["paths"].items() if path not in without}
    return Reply.json({**PINNED, "paths": paths})


@pytest.fixture
def older(api: FaultyApi) -> FaultyApi:
    """An API without positions."""
    api.answers["/openapi.json"] = document(POSITIONS)
    return api


@asynccontextmanager
async def client_of(transport: str, mode: str, api: FaultyApi, folder: Path, **other: Any) -> AsyncIterator[Client]:
    env = connected(api.url, **COMPARES)
    if transport == "stdio":
        async with Client(stdio([*HBMCP, "serve"], env=env, cwd=folder), mode=mode, **other) as client:
            yield client
    else:
        with http_server(env, folder) as url:
            async with Client(url, mode=mode, **other) as client:
                yield client


async def names(client: Client) -> set[str]:
    return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_session_of_2025_is_told(transport: str, older: FaultyApi, tmp_path: Path) -> None:
    told = anyio.Event()

    async def heard(message: Any) -> None:
        if isinstance(message, ToolListChangedNotification):
            told.set()

    async with client_of(transport, "legacy", older, tmp_path, message_handler=heard) as client:
        assert client.server_capabilities.tools is not None
        assert client.server_capabilities.tools.list_changed is True
        before = await names(client)
        await client.call_tool("get_accounts", {})
        with anyio.fail_after(30):
            await told.wait()
        assert before - await names(client) == GONE


@pytest.mark.parametrize("transport", ["stdio", "http"])
async def test_a_client_of_2026_hears_it_in_the_stream_that_it_opened(
    transport: str, older: FaultyApi, tmp_path: Path
) -> None:
    async with client_of(transport, "auto", older, tmp_path) as client:
        assert client.server_capabilities.tools is not None
        assert client.server_capabilities.tools.list_changed is True
        listed = await client.list_tools()
        assert listed.ttl_ms == 0  # for the next call may change it
        async with client.listen(tools_list_changed=True) as events:
            await client.call_tool("get_accounts", {})
            with anyio.fail_after(30):
                assert isinstance(await anext(aiter(events)), ToolsListChanged)
            now = await client.list_tools()
    assert now.ttl_ms == LIST_TTL_MS
    assert {tool.name for tool in listed.tools} - {tool.name for tool in now.tools} == GONE


def altered(change: str) -> list[str]:
    """The command of a server that looks at the API at other times."""
    code = f"import hbmcp.drift; hbmcp.drift.{change}; from hbmcp.cli import main; main()"
    return [sys.executable, "-c", code, "serve"]


def test_nobody_is_told_of_tools_that_are_not_offered(api: FaultyApi, tmp_path: Path) -> None:
    api.answers["/openapi.json"] = document(operation_of("get_docker_status").split()[1])
    with StdioServer("--toolsets", "system", env=connected(api.url, **COMPARES), cwd=tmp_path) as server:
        server.tools()
        server.call("get_status")
        assert "Not offered" in server.call("get_status")[0]
        assert not [one for one in server.notifications if "list_changed" in one["method"]]


def test_tools_that_are_there_again_are_told_too(older: FaultyApi, tmp_path: Path) -> None:
    env = connected(older.url, **COMPARES)
    with StdioServer(env=env, cwd=tmp_path, command=altered("AGAIN = 0.0")) as server:
        whole = server.tools().keys()
        server.call("get_accounts")
        assert server.notification()["method"] == "notifications/tools/list_changed"
        assert whole - server.tools().keys() == GONE
        older.answers["/openapi.json"] = document()
        server.call("get_accounts")
        assert server.notification()["method"] == "notifications/tools/list_changed"
        assert server.tools().keys() == whole


def test_an_api_that_does_not_answer_is_asked_again_soon(api: FaultyApi, tmp_path: Path) -> None:
    api.answers["/openapi.json"] = Reply(503)
    with StdioServer(env=connected(api.url, **COMPARES), cwd=tmp_path, command=altered("SOON = 0.0")) as server:
        assert server.tools().keys() >= GONE
        server.call("get_accounts")
        api.answers["/openapi.json"] = document(POSITIONS)
        while not server.notifications:
            server.call("get_accounts")
        assert GONE.isdisjoint(server.tools())


async def test_where_nothing_is_compared_the_list_stays(api: FaultyApi, tmp_path: Path) -> None:
    started = stdio([*HBMCP, "serve", "--no-compare-api"], env=connected(api.url, **COMPARES), cwd=tmp_path)
    async with Client(started, mode="auto") as client:
        assert (await client.list_tools()).ttl_ms == LIST_TTL_MS
        await client.call_tool("get_accounts", {})
    assert not [one for one in api.requests if one.path == "/openapi.json"]


@pytest.mark.slow
async def test_streams_of_one_token_are_bounded_and_take_no_turn_of_its_calls(older: FaultyApi, tmp_path: Path) -> None:
    env = connected(older.url, HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}", **COMPARES)
    token = made("laptop", env=env, cwd=tmp_path)
    with http_server(env, tmp_path) as url:
        limits = httpx.Limits(max_connections=None)
        async with (
            httpx.AsyncClient(headers=bearer(token), limits=limits, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http), mode="auto") as client,
            anyio.create_task_group() as group,
        ):
            opened: list[Any] = []
            told: list[Any] = []

            async def hold(started: anyio.Event) -> None:
                async with client.listen(tools_list_changed=True) as events:
                    opened.append(events)
                    started.set()
                    told.append(await anext(aiter(events)))

            for _ in range(OF_EACH):
                started = anyio.Event()
                group.start_soon(hold, started)
                await started.wait()
            with pytest.raises(Exception, match=r"100 streams .* are open\. This one wasn't opened\. End one"):
                async with client.listen(tools_list_changed=True):
                    pass
            await client.call_tool("get_accounts", {})
            with anyio.fail_after(30):
                while len(told) < OF_EACH:
                    await anyio.sleep(0.02)
