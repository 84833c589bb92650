"""A page on this machine on which a person types an exchange's keys.

It listens on the loopback alone, at an address that nobody can guess, answers only what names it as its host, and
takes only what was typed on itself. It ends with the first keys that the API took.
"""

import asyncio
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from hbmcp.connecting.connection import Connection
from hbmcp.errors import CallError
from hbmcp.redaction import hide, redacted

HOST = "127.0.0.1"
MINUTES = 10
MOST = 65_536  # bytes of a form
AT_ONCE = 20  # connections
BODY = 30.0  # seconds for a form
CUT_OFF = 1  # seconds for what is being answered when its time is up

Send = Callable[[Mapping[str, Any]], Awaitable[None]]

_TEMPLATES = Environment(
    loader=PackageLoader("hbmcp.connecting", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class KeyPage:
    """A page for the keys of one connection. `where` they go is told to the person; `send` sends them, and raises
    CallError, which the person may mend: the page stays until its time is up."""

    def __init__(self, connection: Connection, where: str, send: Send) -> None:
        self._connection = connection
        self._where = where
        self._send = send
        self.id = secrets.token_hex(8)  # names it where its address isn't said
        self._token = secrets.token_urlsafe(32)
        self._until = datetime.now(UTC) + timedelta(minutes=MINUTES)
        self._turn = asyncio.Lock()  # a form sent twice is sent once
        self._done = asyncio.Event()
        self._closed = False  # its time is up, or nobody waits for it any more
        self._host = ""

    def listen(self) -> str:
        """The address where a person finds it, once it serves."""
        self._listener = socket.create_server((HOST, 0))
        self._host = f"{HOST}:{self._listener.getsockname()[1]}"
        return f"http://{self._host}/{self._token}"

    async def serve(self) -> bool:
        """Until the API has the keys, or the time is up: whether it has them."""
        app = Starlette(routes=[Route("/{token}", self._answer, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            limit_concurrency=AT_ONCE,
            timeout_graceful_shutdown=CUT_OFF,
        )
        server = _Quiet(config)
        serving = asyncio.create_task(server.serve([self._listener]))
        try:
            async with asyncio.timeout((self._until - datetime.now(UTC)).total_seconds()):
                await self._done.wait()
        except TimeoutError:
            pass
        finally:
            self._closed = True
            async with self._turn:  # keys that are being sent arrive
                server.should_exit = True
            await asyncio.wait([serving])
            self._listener.close()
        return self._done.is_set()

    async def _answer(self, request: Request) -> Response:
        own = request.headers.get("host") == self._host and secrets.compare_digest(
            request.path_params["token"].encode(), self._token.encode()
        )
        if not own or self._closed or self._done.is_set():
            return _no_page()
        if request.method == "GET":
            return self._page()
        if request.headers.get("origin") != f"http://{self._host}":
            return PlainTextResponse("That wasn't typed on this page.", HTTPStatus.FORBIDDEN)
        if not request.headers.get("content-length", "").isdecimal() or int(request.headers["content-length"]) > MOST:
            return PlainTextResponse("That is no form of this page.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            async with asyncio.timeout(BODY):
                form = await request.body()
        except TimeoutError:
            return PlainTextResponse("The form didn't come: nothing was sent.", HTTPStatus.REQUEST_TIMEOUT)
        return await self._take(form)

    async def _take(self, form: bytes) -> Response:
        given = {name: values[-1].strip() for name, values in parse_qs(form.decode("utf-8", "replace")).items()}
        fields = self._connection.fields
        hide(given[field.name] for field in fields if field.name in given and not field.choices)
        keys: dict[str, Any] = {}
        for field in fields:
            value = given.get(field.name)
            if not value and field.required:
                return self._page(f"{field.name} is needed.")
            if value and field.choices and value not in field.choices:
                return self._page(f"{field.name} must be {' or '.join(field.choices)}.")
            if value:
                keys[field.name] = field.meant(value) if field.choices else value
        async with self._turn:
            if not self._done.is_set():
                if self._closed:
                    return _no_page()
                try:
                    await self._send(keys)
                except CallError as error:
                    return self._page(redacted(str(error)))
                self._done.set()
        return self._page()

    def _page(self, wrong: str = "") -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        html = _TEMPLATES.get_template("page.html").render(
            connection=self._connection,
            where=self._where,
            until=f"{self._until:%H:%M} UTC",
            done=self._done.is_set(),
            wrong=wrong,
            nonce=nonce,
        )
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return HTMLResponse(html, status, _headers(nonce))


def _no_page() -> Response:
    return PlainTextResponse("There is no such page, or no more.", HTTPStatus.NOT_FOUND)


def _headers(nonce: str) -> dict[str, str]:
    """Nothing of it is stored, framed, or sent elsewhere. Without its referrer a browser would hide its origin too."""
    own = "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}'; {own}",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class _Quiet(uvicorn.Server):
    """Signals stay with the server that the page is beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
