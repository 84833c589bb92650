"""Subscriptions to resources: who hears what, in both eras, and when nobody looks."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.subscriptions import ResourceUpdated
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    ResourceUpdatedNotification,
    SubscribeRequestParams,
    TextContent,
    UnsubscribeRequestParams,
)

from hbmcp import settings
from hbmcp.access.holder import ISSUED, OURS, Holder, Rights
from hbmcp.access.tokens import digest, key_of, new_token
from hbmcp.catalog import Catalog
from hbmcp.server.line import HOLDER, Line
from hbmcp.server.switchboard import Switchboard
from hbmcp.store import TokenRow
from hbmcp.times import machine
from tests.conftest import PASSWORD, USERNAME
from tests.faulty_api import FaultyApi, Reply
from tests.forked import Popen
from tests.server.http.clients import client as holding
from tests.server.http.clients import made, on_paper, process, revoked
from tests.server.ways import MODES, WAYS, Ways

SOON = 180  # seconds in which a test that works ends on any machine
QUICK = """
import sys
from attrs import evolve
from hbmcp.resources import resource
from hbmcp.server import resources  # a forked process has imported it before
resources.RESOURCES = resource.RESOURCES = tuple(evolve(one, every=one.every and 0.05) for one in resource.RESOURCES)
from hbmcp.cli import main
sys.argv[0] = "hbmcp"
main()
"""
ORDER = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": "0.001",
    "order_type": "LIMIT",
    "price": "-40%",
    "again": True,
}
TRIGGER = {
    "watch": "price",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "below": "-50%",
}


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    folder = tmp_path_factory.mktemp("subscriptions")
    env = on_paper(folder)
    with process(env=env, cwd=folder, code=QUICK) as (_, url):
        yield Ways(env, folder, url, QUICK)


Hear = Callable[[], Awaitable[str]]


@asynccontextmanager
async def hearing(opened: Callable[..., Any], mode: str, *uris: str) -> AsyncIterator[tuple[Client, Hear]]:
    """A client that subscribes to these, and what waits for the next notification."""
    if mode == "legacy":
        send, heard = anyio.create_memory_object_stream[str](100)

        async def note(message: Any) -> None:
            if isinstance(message, ResourceUpdatedNotification):
                send.send_nowait(message.params.uri)

        async with opened(mode=mode, message_handler=note) as client:
            for uri in uris:
                await client.subscribe_resource(uri)
            yield client, heard.receive
        send.close()
        heard.close()
        return
    async with opened(mode=mode) as client, client.listen(resource_subscriptions=uris) as stream:
        assert list(stream.honored.resource_subscriptions or ()) == list(uris)

        async def hear() -> str:
            event = await anext(stream)
            assert isinstance(event, ResourceUpdated)
            return event.uri

        yield client, hear


async def call(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert isinstance(content, TextContent)
    assert not result.is_error, content.text
    return content.text


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:resources:mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize(
    ("over", "mode"),
    [pytest.param(*way, marks=() if way == ("stdio", "auto") else pytest.mark.slow) for way in WAYS],
)
async def test_it_is_told_when_it_differs_and_by_whomever(over: str, mode: str, ways: Ways) -> None:
    """A trigger that another process armed; an order of this one. What only passes isn't told: an order's age."""

    def opened(**more: Any) -> Any:
        return ways.client(over, **more)

    orders, triggers = "hummingbot://orders", "hummingbot://triggers"
    with anyio.fail_after(SOON):
        async with hearing(opened, mode, orders, triggers) as (client, hear):
            await call(client, "place_order", **ORDER)
            assert await hear() == orders
            async with ways.client("http", "auto") if over == "stdio" else ways.client("stdio", "auto") as other:
                await call(other, "create_trigger", **TRIGGER)
            while (heard := await hear()) == orders:
                """An order that was just placed may stand otherwise a moment later."""
            assert heard == triggers
            before = await client.read_resource(orders, cache_mode="bypass")
            assert "BTC-USDT" in str(before)
            await call(client, "cancel_orders", all=True)
            while (heard := await hear()) == triggers:
                """By now a server watches them."""
            assert heard == orders
            await call(client, "cancel_trigger", all=True)
            assert await hear() == triggers


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:resources:mcp.shared.exceptions.MCPDeprecationWarning")
async def test_what_can_not_be_subscribed_to(ways: Ways) -> None:
    async with ways.client("http", "legacy") as client:
        for uri in ("hummingbot://policy", "hummingbot://nothing", "hummingbot://accounts/master_account/orders"):
            with pytest.raises(MCPError, match=r"Nothing tells when .* differs") as refused:
                await client.subscribe_resource(uri)
            assert refused.value.error.code == INVALID_PARAMS
    async with (
        ways.client("http", "auto") as client,
        client.listen(resource_subscriptions=["hummingbot://policy"], tools_list_changed=True) as stream,
    ):
        assert stream.honored.resource_subscriptions is None
        assert stream.honored.tools_list_changed is True


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:resources:mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_a_token_hears_of_what_it_may_read_until_it_is_revoked(mode: str, ways: Ways) -> None:
    name = f"hears-{mode}"
    token = made(name, "--toolsets", "trading", env=ways.env, cwd=ways.cwd)
    with anyio.fail_after(SOON), process(env=ways.env, cwd=ways.cwd, code=QUICK) as (_, url):

        def opened(**more: Any) -> Any:
            return holding(url, token, **more)

        orders = "hummingbot://orders"
        async with hearing(opened, mode, orders) as (client, hear):
            if mode == "legacy":
                with pytest.raises(MCPError, match="Nothing tells when"):
                    await client.subscribe_resource("hummingbot://triggers")
            await call(client, "place_order", **ORDER)
            assert await hear() == orders
            if mode == "auto":
                await anyio.to_thread.run_sync(lambda: revoked(name, ways.env, ways.cwd))
                with pytest.raises(StopAsyncIteration):
                    await hear()


@pytest.mark.anyio
async def test_streams_end_with_the_server_which_tells_their_clients(ways: Ways) -> None:
    token = made("ends", env=ways.env, cwd=ways.cwd)
    with anyio.fail_after(SOON), process(env=ways.env, cwd=ways.cwd, code=QUICK) as (started, url):

        def opened(**more: Any) -> Any:
            return holding(url, token, **more)

        async with hearing(opened, "auto", "hummingbot://triggers") as (_, hear):
            started.terminate()
            with pytest.raises(StopAsyncIteration):
                await hear()
        await anyio.to_thread.run_sync(started.wait)


ENVELOPE = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def test_a_client_over_stdio_leaves_whatever_it_listens_to(ways: Ways) -> None:
    listen = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {"_meta": ENVELOPE, "notifications": {"resourceSubscriptions": ["hummingbot://triggers"]}},
    }
    command = [sys.executable, "-c", QUICK, "serve"]
    pipe = subprocess.PIPE
    with Popen(command, env=dict(ways.env), cwd=ways.cwd, stdin=pipe, stdout=pipe, encoding="utf-8") as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(listen) + "\n")
        server.stdin.flush()
        first = json.loads(server.stdout.readline())
        assert first["method"] == "notifications/subscriptions/acknowledged"
        server.stdin.close()
        assert server.wait(SOON) == 0


class Ticks:
    """In place of asyncio in hbmcp.server.subscriptions: time goes on when a test says so."""

    Task, Event = asyncio.Task, asyncio.Event
    gather = staticmethod(asyncio.gather)
    create_task = staticmethod(asyncio.create_task)

    def __init__(self) -> None:
        self._go = asyncio.Semaphore(0)
        self.asleep = asyncio.Event()

    async def sleep(self, _: float) -> None:
        self.asleep.set()
        await self._go.acquire()

    async def next(self) -> None:
        """Let the one that looks look once more."""
        self.asleep.clear()
        self._go.release()
        await self.asleep.wait()


NOTHING = Reply.json({"data": [], "pagination": {"limit": 100, "has_more": False, "next_cursor": None}})
RESTS = Reply.json(
    {
        "data": [
            {
                "order_id": "abc-1",
                "account_name": "master_account",
                "connector_name": "binance",
                "trading_pair": "BTC-USDT",
                "trade_type": "BUY",
                "order_type": "LIMIT",
                "amount": 0.1,
                "price": 45000,
                "status": "OPEN",
                "filled_amount": 0,
                "created_at": "2026-11-29T10:00:00+00:00",
            }
        ],
        "pagination": {"limit": 100, "has_more": False, "next_cursor": None},
    }
)


class Session:
    """A session of 2025 over HTTP, as a request of it has it."""

    def __init__(self, id_: str, holder: Holder | None = None) -> None:
        self.heard: list[str] = []
        self.told, self.reads = asyncio.Event(), asyncio.Event()
        self.reads.set()
        self.ends = AsyncExitStack()
        self._connection = SimpleNamespace(exit_stack=self.ends)
        scope = {} if holder is None else {HOLDER: holder}
        request = SimpleNamespace(scope=scope, headers={"mcp-session-id": id_})
        self.ctx: Any = SimpleNamespace(session=self, request=request)

    async def send_resource_updated(self, uri: str) -> None:
        await self.reads.wait()
        self.heard.append(uri)
        self.told.set()


@pytest.mark.anyio
async def test_there_is_one_look_for_all_and_none_while_nobody_hears(
    api: FaultyApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ticks = Ticks()
    monkeypatch.setattr("hbmcp.server.subscriptions.asyncio", ticks)
    monkeypatch.chdir(tmp_path)
    told = settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD})
    board = Switchboard([Line(Catalog.load().choose(), told, None, "tests")])
    api.always = NOTHING
    subscriptions = board.subscriptions
    one, other = Session("one"), Session("other")
    orders = SubscribeRequestParams(uri="hummingbot://orders")

    async def asked() -> int:
        before = len(api.requests)
        await ticks.next()
        return len(api.requests) - before

    try:
        await subscriptions.subscribe(one.ctx, orders)
        await ticks.asleep.wait()
        assert await asked() == 0, "its stream isn't open"
        board.hearing["one"] += 1
        a_look = await asked()
        assert a_look > 0
        await subscriptions.subscribe(other.ctx, orders)
        board.hearing["other"] += 1
        assert await asked() == a_look
        api.always = Reply.json({"detail": "down"}, 400)
        assert await asked() > 0
        api.always = NOTHING
        assert await asked() == a_look
        assert (one.heard, other.heard) == ([], []), "what couldn't be read doesn't differ"
        api.always = RESTS
        await asked()
        assert (one.heard, other.heard) == ([orders.uri], [orders.uri])
        await one.ends.aclose()
        api.always = NOTHING
        await asked()
        assert (one.heard, other.heard) == ([orders.uri], [orders.uri] * 2)
        await subscriptions.unsubscribe(other.ctx, UnsubscribeRequestParams(uri=orders.uri))
        assert not subscriptions._looks
    finally:
        await board.aclose()


ORDERS = SubscribeRequestParams(uri="hummingbot://orders")
EVERY = Rights(None, None)


@pytest.fixture
async def looked_at(
    api: FaultyApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[tuple[Switchboard, Ticks]]:
    """A switchboard to an API at which nothing rests, and when it looks."""
    ticks = Ticks()
    monkeypatch.setattr("hbmcp.server.subscriptions.asyncio", ticks)
    monkeypatch.chdir(tmp_path)
    told = settings.load(
        {
            "api_url": api.url,
            "api_username": USERNAME,
            "api_password": PASSWORD,
            "state_url": f"sqlite:///{tmp_path / 'state.sqlite'}",
        }
    )
    board = Switchboard([Line(Catalog.load().choose(), told, None, "tests")])
    api.always = NOTHING
    yield board, ticks
    await board.aclose()


async def subscribed(board: Switchboard, *sessions: Session) -> None:
    for one in sessions:
        await board.subscriptions.subscribe(one.ctx, ORDERS)
        board.hearing[one.ctx.request.headers["mcp-session-id"]] += 1


@pytest.mark.anyio
async def test_what_differs_at_once_after_the_answer_is_told(
    looked_at: tuple[Switchboard, Ticks], api: FaultyApi
) -> None:
    board, ticks = looked_at
    await subscribed(board, one := Session("one"))
    api.always = RESTS
    await ticks.asleep.wait()
    await ticks.next()
    assert one.heard == [ORDERS.uri]


@pytest.mark.anyio
async def test_a_client_that_does_not_read_holds_up_no_other(
    looked_at: tuple[Switchboard, Ticks], api: FaultyApi
) -> None:
    board, ticks = looked_at
    stuck = [Session(f"{number}") for number in range(6)]
    for one in stuck:
        one.reads.clear()
    lost = Session("lost")
    lost.told = None  # type: ignore[assignment]
    await subscribed(board, *stuck, lost, fine := Session("fine"))
    api.always = RESTS
    with anyio.fail_after(SOON):
        await ticks.asleep.wait()
        later = asyncio.create_task(ticks.next())
        await fine.told.wait()
        assert not later.done()
        for one in stuck:
            one.reads.set()
        await later
        assert {len(one.heard) for one in stuck} == {1}
        api.always = NOTHING
        await ticks.next()
        assert len(fine.heard) == 2


@pytest.mark.anyio
async def test_a_look_reads_the_tokens_once_and_sends_away_whose_is_revoked(
    looked_at: tuple[Switchboard, Ticks], api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    board, ticks = looked_at
    rows = [TokenRow(name, digest(new_token()), (), read_only=False, profile=None, created=0) for name in "abc"]
    store, read = board.lines[""].bridge.store, list[int]()
    for row in rows:
        await store.add_token(row)
    sessions = [Session(row.name, Holder(row.name, key_of(row), EVERY)) for row in rows]
    await subscribed(board, *sessions)
    real = store.tokens

    async def noting() -> list[TokenRow]:
        read.append(1)
        return await real()

    monkeypatch.setattr(store, "tokens", noting)
    await store.revoke_token("b", 1)
    api.always = RESTS
    await ticks.asleep.wait()
    await ticks.next()
    assert len(read) == 1
    assert [len(one.heard) for one in sessions] == [1, 0, 1]


@pytest.mark.anyio
async def test_a_session_hears_until_its_token_ends_and_again_with_another(
    looked_at: tuple[Switchboard, Ticks], api: FaultyApi
) -> None:
    board, ticks = looked_at
    ended = Holder("desk", f"{ISSUED}0", EVERY, until=machine() - 1)
    await subscribed(board, one := Session("one", ended), other := Session("other"))
    await ticks.asleep.wait()
    api.always = RESTS
    await ticks.next()
    assert (one.heard, other.heard) == ([], [ORDERS.uri])
    board.shown("one", Holder("thief", f"{OURS}0", EVERY))
    board.shown("nobody", ended)
    api.always = NOTHING
    await ticks.next()
    assert one.heard == []
    board.shown("one", Holder("desk", f"{ISSUED}0", EVERY, until=machine() + 600_000))
    api.always = RESTS
    await ticks.next()
    assert one.heard == [ORDERS.uri]
