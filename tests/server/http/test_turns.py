"""Who comes in, in this process: what a holder leaves others, and when a token is looked at."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from hbmcp import settings
from hbmcp.access.holder import Holder, Rights
from hbmcp.catalog import Catalog
from hbmcp.server.http import application, entrance, sessions
from hbmcp.server.http.entrance import AT_ONCE, Entrance, NoTokenInAddress
from hbmcp.server.http.patience import BODY
from hbmcp.server.line import Line
from hbmcp.server.switchboard import Switchboard
from tests.server.http.clients import ACCEPT, HELLO, bearer

pytestmark = pytest.mark.anyio

CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
ANSWER = {"jsonrpc": "2.0", "id": 1, "result": {"action": "accept"}}
CANCELLED = {"jsonrpc": "2.0", "method": "notifications/cancelled"}


class Door:
    """An entrance, with tokens that can be revoked, and calls that go on until all may end."""

    def __init__(self) -> None:
        self.known = {"one", "two"}
        self.calls = 0
        self.end = asyncio.Event()
        self._entrance = Entrance(self._app, self._verify, lambda _: False, {})

    async def _verify(self, token: str) -> Holder | None:
        return Holder(token, token, Rights(None, None)) if token in self.known else None

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        self.calls += 1
        if json.loads(body) == CALL:
            await self.end.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def post(
        self,
        message: Any,
        token: str = "one",
        held: Callable[[], Awaitable[object]] | None = None,
        method: str = "POST",
    ) -> int:
        """The status of the answer; the body is `held` back until that ends."""
        status = 0

        async def receive() -> Message:
            if held is not None:
                await held()
            body = message if isinstance(message, bytes) else json.dumps(message).encode()
            return {"type": "http.request", "body": body}

        async def send(sent: Message) -> None:
            nonlocal status
            status = sent.get("status", status)

        headers = [(b"authorization", f"Bearer {token}".encode())]
        await self._entrance({"type": "http", "method": method, "path": "/mcp", "headers": headers}, receive, send)
        return status


@asynccontextmanager
async def full(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    """A door behind which one holder has all calls that it may."""
    monkeypatch.setattr(entrance, "PATIENCE", 0.01)
    door = Door()
    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(door.post(CALL))
        while door.calls < AT_ONCE:
            await asyncio.sleep(0)
        yield door
        door.end.set()


async def test_answers_come_in_while_all_calls_wait_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async with full(monkeypatch) as door:
        for message in (ANSWER, CANCELLED):
            assert await door.post(message) == 200
        assert await door.post({}, method="GET") == 200
        for message in (CALL, [ANSWER], b"{", ANSWER | {"result": "x" * entrance.SMALL}):
            assert await door.post(message) == 429
        assert await door.post(CANCELLED, "two") == 200


async def test_who_needs_not_wait_for_a_turn_is_timed_for_the_body_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door()
    door.end.set()
    loop = asyncio.get_running_loop()
    begin, call_at = loop.time(), loop.call_at
    timed: list[float] = []

    def timer(when: float, *rest: Any, **kept: Any) -> asyncio.TimerHandle:
        timed.append(when)
        return call_at(when, *rest, **kept)

    monkeypatch.setattr(loop, "call_at", timer)
    assert await door.post(CALL) == 200
    assert [round((when - begin) / BODY) for when in timed] == [1]


async def test_a_token_that_is_revoked_while_its_body_comes_opens_nothing() -> None:
    door = Door()
    door.end.set()

    async def revoke() -> None:
        door.known.clear()

    for message, method in ((CALL, "POST"), (ANSWER, "POST"), ({}, "GET")):
        door.known.add("one")
        assert await door.post(message, held=revoke, method=method) == 401
    assert door.calls == 0


async def test_a_token_that_is_revoked_while_it_waits_for_its_turn_opens_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with full(monkeypatch) as door:
        monkeypatch.setattr(entrance, "PATIENCE", 60)
        waiting = asyncio.create_task(door.post(CALL))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        door.known.clear()
        door.end.set()
        assert await waiting == 401
    assert door.calls == AT_ONCE


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/mcp", b"jwt=eyJhbGciOiJ9.eyJzdWIiOiI.c2ln", 400),
        ("/eyJhbGciOiJ9.eyJzdWIiOiI.c2ln", b"", 400),
        ("/mcp", b"x=%65yJhbGciOiJ9.eyJzdWIiOiI.c2ln", 400),
        ("/mcp", b"x=eyJ.txt", 200),
        ("/mcp", b"x=" + b"eyJ" * 20_000, 200),
    ],
)
async def test_no_jwt_stands_in_an_address(path: str, query: bytes, status: int) -> None:
    said: list[Message] = []

    async def send(message: Message) -> None:
        said.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": []}
    await NoTokenInAddress(PlainTextResponse("in"))(scope, receive, send)
    assert said[0]["status"] == status


def test_one_holder_can_t_take_the_sessions_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "OF_EACH", 2)

    async def verify(token: str) -> Holder | None:
        return Holder(token, token, Rights(None, None))

    told = settings.load({"paper": True})
    app = application.application(Switchboard([Line(Catalog.load().choose(), told, None, "a test")]), verify)
    with TestClient(app, "http://127.0.0.1") as http:

        def begin(token: str, **headers: str) -> tuple[int, Mapping[str, str]]:
            body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
            answer = http.post("/mcp", json=body, headers={**ACCEPT, **bearer(token), **headers})
            return answer.status_code, answer.headers

        _, first = begin("one")
        assert [begin(token)[0] for token in ("one", "one", "two")] == [200, 503, 200]
        ended = {"mcp-session-id": first["mcp-session-id"]}
        assert http.delete("/mcp", headers={**ACCEPT, **bearer("one"), **ended}).status_code == 200
        assert [begin(token)[0] for token in ("one", "one")] == [200, 503]
