"""The page on which a person types an exchange's keys: who reaches it, what it takes, and what becomes of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest

from hbmcp.connecting import page
from hbmcp.connecting.connection import Connection
from hbmcp.connecting.page import KeyPage
from hbmcp.errors import CallError
from hbmcp.installation.keys.fields import KeyField

KEY, SECRET = "0b5f1f9e6fd24e3c9ab1f1c9", "s/ecret+odd=signs and a blank"
FIELDS = (
    KeyField("api_key", True),
    KeyField("mode", False, ("arb_wallet", "api_wallet")),
    KeyField("use_vault", False, ("true", "false"), True),
    KeyField("api_secret", True),
)
KEYS = {"api_key": KEY, "api_secret": SECRET}


class Visit:
    """Somebody at the page, and what was sent from it."""

    def __init__(self, page: str, serving: asyncio.Task[bool], sent: list[Mapping[str, Any]]) -> None:
        self.page = page
        self.serving = serving
        self.sent = sent
        self.origin = f"http://{urlsplit(page).netloc}"

    async def get(self, address: str = "", **headers: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(address or self.page, headers=headers)

    async def post(self, form: dict[str, str], address: str = "", **headers: str) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.post(address or self.page, data=form, headers={"Origin": self.origin, **headers})


@asynccontextmanager
async def visited(
    *refusals: str, fields: tuple[KeyField, ...] = FIELDS, replaces: bool = False, exchange: str = "binance"
) -> AsyncIterator[Visit]:
    """A page whose keys the API refuses with these words, one after the other, before it takes them."""
    sent: list[Mapping[str, Any]] = []
    left = list(refusals)

    async def send(keys: Mapping[str, Any]) -> None:
        await asyncio.sleep(0)
        sent.append(keys)
        if left:
            raise CallError(left.pop(0))

    open_page = KeyPage(Connection(exchange, "master_account", fields, replaces), "PAPER", send)
    address = open_page.listen()
    serving = asyncio.create_task(open_page.serve())
    try:
        yield Visit(address, serving, sent)
    finally:
        serving.cancel()
        await asyncio.wait([serving])


def test_what_is_typed_is_sent_once_and_then_there_is_no_page(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def visit() -> None:
        async with visited() as person:
            shown = await person.get()
            assert 'type="password" id="api_key"' in shown.text
            assert shown.headers["cache-control"] == "no-store"
            assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
            taken = await person.post({**KEYS, "mode": "api_wallet", "use_vault": "false"})
            assert "master_account is connected to binance" in taken.text
            assert person.sent == [{**KEYS, "mode": "api_wallet", "use_vault": False}]
            assert await person.serving
            with pytest.raises(httpx.ConnectError):
                await person.get()
            assert len(person.sent) == 1

    asyncio.run(visit())
    assert not any(one in caplog.text for one in (KEY, SECRET))


def test_nothing_is_sent_but_from_the_page_itself() -> None:
    async def visit() -> None:
        async with visited() as person:
            root, _, token = person.page.rpartition("/")
            for wrong in (f"{root}/", f"{root}/{token[:-1]}", f"{root}/{token}x", f"{root}/x{token}"):
                assert (await person.get(wrong)).status_code == 404
                assert (await person.post(KEYS, wrong)).status_code == 404
            for host in ("evil.example", f"localhost:{urlsplit(root).port}", "127.0.0.1"):
                assert (await person.get(Host=host)).status_code == 404
                assert (await person.post(KEYS, Host=host)).status_code == 404
            for origin in ("http://evil.example", "null", "", person.origin.replace("127.0.0.1", "localhost")):
                assert (await person.post(KEYS, Origin=origin)).status_code == 403
            assert (await person.post({**KEYS, "api_key": "k" * page.MOST})).status_code == 413
            assert person.sent == []

    asyncio.run(visit())


def test_what_does_not_fit_or_is_refused_can_be_typed_again_and_is_not_shown() -> None:
    async def visit() -> None:
        async with visited(f"Invalid key {SECRET}") as person:
            missing = await person.post({"api_key": KEY, "api_secret": "  "})
            assert "api_secret is needed" in missing.text
            other = await person.post({**KEYS, "mode": "<b>wallet</b>"})
            assert "mode must be arb_wallet or api_wallet" in other.text
            assert person.sent == []
            refused = await person.post(KEYS)
            assert "Invalid key ***" in refused.text
            assert not any(one in text for one in (KEY, SECRET) for text in (missing.text, other.text, refused.text))
            assert "is connected" in (await person.post(KEYS)).text
            assert len(person.sent) == 2

    asyncio.run(visit())


def test_a_form_sent_twice_at_once_is_sent_once() -> None:
    async def visit() -> None:
        async with visited() as person:
            answers = await asyncio.gather(*(person.post(KEYS) for _ in range(5)))
            assert len(person.sent) == 1
            assert {one.status_code for one in answers} <= {200, 404}

    asyncio.run(visit())


FORM = urlencode(KEYS).encode()


@asynccontextmanager
async def half_sent(person: Visit) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A form of which half is sent."""
    parts = urlsplit(person.page)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nOrigin: {person.origin}\r\n"
    writer.write(f"{head}Content-Length: {len(FORM)}\r\n\r\n".encode() + FORM[:20])
    await person.get()  # so it has been read
    try:
        yield reader, writer
    finally:
        writer.close()


def test_what_comes_when_the_page_is_closed_is_not_sent() -> None:
    async def visit() -> None:
        async with visited() as person, half_sent(person) as (_, writer):
            person.serving.cancel()
            await asyncio.sleep(0)
            writer.write(FORM[20:])
            await asyncio.wait([person.serving])
            assert person.sent == []

    asyncio.run(visit())


def test_what_is_being_sent_when_its_time_is_up_arrives_and_is_told() -> None:
    async def visit() -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def send(_: Mapping[str, Any]) -> None:
            begun.set()
            await go_on.wait()

        open_page = KeyPage(Connection("binance", "master_account", FIELDS, False), "PAPER", send)
        open_page.listen()
        open_page._until = datetime.now(UTC)
        sending = asyncio.create_task(open_page._take(FORM))
        await begun.wait()
        serving = asyncio.create_task(open_page.serve())
        while not open_page._closed:
            await asyncio.sleep(0)
        go_on.set()
        assert await serving
        await sending

    asyncio.run(visit())


def test_a_form_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "BODY", 0.01)

    async def visit() -> None:
        async with visited() as person, half_sent(person) as (reader, _):
            assert b" 408 " in await reader.readline()

    asyncio.run(visit())


def test_text_from_outside_is_text() -> None:
    async def visit() -> None:
        hostile = '"><script>alert(1)</script>'
        fields = (KeyField(hostile, True), KeyField("mode", False, (hostile,)))
        async with visited(hostile, fields=fields, exchange=hostile, replaces=True) as person:
            shown = await person.get()
            refused = await person.post({hostile: KEY})
            assert person.sent
            for one in (shown, refused):
                assert "<script>" not in one.text
                assert "these replace them" in one.text

    asyncio.run(visit())


def test_a_page_that_nobody_used_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MINUTES", 0)

    async def visit() -> None:
        async with visited() as person:
            assert not await person.serving
        with pytest.raises(httpx.ConnectError):
            await person.get()

    asyncio.run(visit())
