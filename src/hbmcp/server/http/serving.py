"""The server over HTTP, until it is told to stop."""

import socket
from typing import TYPE_CHECKING

import anyio

from hbmcp import log
from hbmcp.catalog import Offer
from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.http.application import application
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy


async def serve_http(settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None" = None) -> None:
    """Serve streamable HTTP on this socket until the process is told to stop."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_by(3 * SHUTDOWN)
            log.silence_libraries()  # that streams are cut now is no error
            await super().shutdown(sockets)

    app = application(settings, offer, policy)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN)
    await Server(config).serve([listener])


def run_http(settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None" = None) -> None:
    """serve_http in an event loop of its own."""
    anyio.run(serve_http, settings, offer, listener, policy)
