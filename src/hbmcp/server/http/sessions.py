"""How many sessions of 2025 one access token may have, so that it can't take those of all."""

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.server.line import HOLDER

OF_EACH = 100  # at once


class SessionsOfEach:
    """Refuses who would begin another."""

    def __init__(self, app: ASGIApp, manager: StreamableHTTPSessionManager) -> None:
        self._app = app
        self._manager = manager

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and HOLDER in scope and _begins(Headers(scope=scope)):
            key = scope[HOLDER].key
            owners = self._manager._session_owners.values()  # the SDK has no other way to know them
            if sum(owner["subject"] == key for owner in owners) >= OF_EACH:
                said = f"{OF_EACH} sessions with this access token are open: nothing was done. End one, or use it."
                return await PlainTextResponse(said, 503, {"retry-after": "60"})(scope, receive, send)
        return await self._app(scope, receive, send)


def _begins(headers: Headers) -> bool:
    version = headers.get(MCP_PROTOCOL_VERSION_HEADER)
    return MCP_SESSION_ID_HEADER not in headers and (version is None or version in HANDSHAKE_PROTOCOL_VERSIONS)
