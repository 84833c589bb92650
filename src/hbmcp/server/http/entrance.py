"""Who comes in: whoever shows an access token, in the one header where it may stand."""

import asyncio
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.auth.provider import AccessToken
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.access.holder import Holder
from hbmcp.errors import HbmcpError
from hbmcp.redaction import ACCESS_TOKEN
from hbmcp.server.http import patience
from hbmcp.server.http.turned_away import TurnedAway
from hbmcp.server.line import HOLDER

AT_ONCE = 32  # requests of one holder that may be under way
WAITING = 64  # that may wait for one of these to end; a stream ends a moment after its answer was read
PATIENCE = 5.0  # seconds for which they do
SMALL = 65_536  # bytes of a body that may be kept while its request waits
LISTEN = "subscriptions/listen"  # has a bound of its own, see list_changes

Verify = Callable[[str], Awaitable[Holder | None]]

logger = logging.getLogger(__name__)


class NoTokenInAddress:
    """Refuses a request whose address holds a token: whatever is on its way keeps addresses in logs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turned_away = TurnedAway()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _holds_token(scope):
            self._turned_away.tell(scope, "address", "a token stands in its address: revoke that one")
            said = (
                "A token stands in the address, where logs keep it: nothing was done. Revoke it (hbmcp token revoke), "
                "make another, and send that as the header Authorization: Bearer …"
            )
            return await PlainTextResponse(said, 400)(scope, receive, send)
        return await self._app(scope, receive, send)


class _Turns:
    """Of each holder's requests, so many at once."""

    def __init__(self) -> None:
        self._there: Counter[str] = Counter()  # requests of each holder, under way or waiting
        self._turns: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, key: str, *, waits: bool = True) -> AsyncIterator[bool]:
        """Whether a request of this holder may go on, at once or, if it `waits`, when others have ended."""
        if self._there[key] >= AT_ONCE + (WAITING if waits else 0):
            yield False
            return
        self._there[key] += 1
        turns = self._turns.setdefault(key, asyncio.Semaphore(AT_ONCE))
        try:
            try:
                async with asyncio.timeout(PATIENCE if turns.locked() else None):
                    await turns.acquire()
            except TimeoutError:
                yield False
                return
            try:
                yield True
            finally:
                turns.release()
        finally:
            self._there[key] -= 1
            if not self._there[key]:
                del self._there[key], self._turns[key]


class Entrance:
    """Lets in who shows a token that `verify` knows; where `is_open`, everybody. `challenge` are parameters of the
    answer to who shows none, see RFC 9728."""

    def __init__(
        self, app: ASGIApp, verify: Verify, is_open: Callable[[str], bool], challenge: Mapping[str, str]
    ) -> None:
        self._app = app
        self._to_all = patience.WholeBody(app)
        self._verify = verify
        self._is_open = is_open
        self._challenge = challenge
        self._bodies = _Turns()
        self._calls = _Turns()
        self._turned_away = TurnedAway()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope["path"]):
            return await self._to_all(scope, receive, send)
        holder = await self._entering(scope)
        if isinstance(holder, Response):
            return await holder(scope, receive, send)
        async with self._bodies.turn(holder.key) as has_turn:
            body = await patience.read(scope, receive) if has_turn else _BUSY
        if isinstance(body, Response):
            return await body(scope, receive, send)
        receive = patience.replayed(body, receive)
        # No turn is needed for a stream that waits for what the server has to say, nor for an answer, for which one of
        # the calls under way may wait.
        if scope["method"] != "POST" or (body is not None and not _asks(body)):
            return await self._let_in(scope, receive, send)
        async with self._calls.turn(holder.key, waits=len(body or b"") <= SMALL) as has_turn:
            return await (self._let_in if has_turn else _BUSY)(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in who still may, whom the scope then tells: to come here took time, in which a token may have been
        revoked."""
        holder = await self._entering(scope)
        if isinstance(holder, Response):
            return await holder(scope, receive, send)
        scope[HOLDER] = holder
        scope["user"] = _user(holder)  # the SDK lets it use the sessions that it began, and no other
        return await self._app(scope, receive, send)

    async def _entering(self, scope: Scope) -> Holder | Response:
        """Who shows a token, or the refusal."""
        try:
            return await self._holder(scope)
        except HbmcpError as error:
            logger.warning("A client wasn't let in: %s", error)
            return PlainTextResponse(str(error), 503, {"retry-after": "5"})

    async def _holder(self, scope: Scope) -> Holder | Response:
        shown = Headers(scope=scope).getlist("authorization")
        if not shown:
            return self._refused(scope, 401, None, _NONE)
        kind, _, token = shown[0].partition(" ")
        if len(shown) > 1 or kind.lower() != "bearer":
            return self._refused(scope, 401, "invalid_request", "one access token is needed, as Bearer")
        holder = await self._verify(token)
        if holder is None:
            return self._refused(scope, 401, "invalid_token", "this token opens nothing here")
        if holder.rights.none:
            return self._refused(scope, 403, "insufficient_scope", "no scope of it is one of this server's")
        return holder

    def _refused(self, scope: Scope, status: int, error: str | None, why: str) -> Response:
        """`error` as RFC 6750 has it; none where no token was shown."""
        self._turned_away.tell(scope, error or _NONE, why)
        said = {} if error is None else {"error": error, "error_description": why}
        parameters = ", ".join(f'{name}="{value}"' for name, value in {**said, **self._challenge}.items())
        body: dict[str, Any] = said or {"error": _NONE, "error_description": _HOW}
        headers = {"www-authenticate": f"Bearer {parameters}".rstrip()}
        return Response(json.dumps(body), status, headers, "application/json")


_BUSY = PlainTextResponse(
    f"{AT_ONCE} requests with this access token are under way already. Nothing was done. Send it again in a second.",
    429,
    {"retry-after": "1"},
)
_TOKENS_NAME = re.compile(r"token|auth|bearer|key|secret|passw|credential", re.IGNORECASE)
_TOKEN = re.compile(rf"{ACCESS_TOKEN}|(?<![\w-])eyJ[\w-]*\.[\w-]*\.", re.ASCII)  # of our own, or a JWT
_NONE = "no access token"
_HOW = "Send one as the header Authorization: Bearer …; hbmcp token create makes it."


def _user(holder: Holder) -> AuthenticatedUser:
    return AuthenticatedUser(AccessToken(token="", client_id=holder.name, scopes=[], subject=holder.key))


def _asks(body: bytes) -> bool:
    """Whether it is a request of JSON-RPC, or nothing of it; an answer or a notification isn't one, nor what only
    listens."""
    if len(body) > SMALL:
        return True
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return True
    if not isinstance(message, dict):
        return True
    return {"id", "method"} <= message.keys() and message["method"] != LISTEN


def _holds_token(scope: Scope) -> bool:
    query = scope["query_string"].decode("latin-1")
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    written = f"{scope['path']}?{unquote(query)}"
    return any(map(_TOKENS_NAME.search, names)) or _TOKEN.search(written) is not None
