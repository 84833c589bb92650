"""Which sessions of 2025 hear what the server says by itself: those whose standing stream is open, while the token
lasts that they showed last."""

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.server.line import HOLDER
from hbmcp.server.switchboard import Switchboard


class Hearing:
    """Counts the streams of each session."""

    def __init__(self, app: ASGIApp, board: Switchboard) -> None:
        self._app = app
        self._board = board
        self._hearing = board.hearing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        session = Headers(scope=scope).get(MCP_SESSION_ID_HEADER) if scope["type"] == "http" else None
        if session is not None and HOLDER in scope:
            self._board.shown(session, scope[HOLDER])
        if session is None or scope["method"] != "GET":
            return await self._app(scope, receive, send)
        self._hearing[session] += 1
        try:
            return await self._app(scope, receive, send)
        finally:
            self._hearing[session] -= 1
            if not self._hearing[session]:
                del self._hearing[session]
