"""The server over HTTP, until it is told to stop."""

import socket
from typing import TYPE_CHECKING

import anyio

from hbmcp import log
from hbmcp.catalog import Offer
from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.http.listening import HOST
from hbmcp.server.protocol import build
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy

PATH = "/mcp"
OVER_HTTP = "the hbmcp server over HTTP"


async def serve_http(settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None" = None) -> None:
    """Serve streamable HTTP at /mcp on this socket until the process is told to stop."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_by(3 * SHUTDOWN)
            log.silence_libraries()  # that streams are cut now is no error
            await super().shutdown(sockets)

    app = build(settings, offer, policy, OVER_HTTP).streamable_http_app(host=HOST, streamable_http_path=PATH)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN)
    await Server(config).serve([listener])


def run_http(settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None" = None) -> None:
    """serve_http in an event loop of its own."""
    anyio.run(serve_http, settings, offer, listener, policy)
