"""The server over HTTP, until it is told to stop."""

import socket
from typing import TYPE_CHECKING

import anyio

from hbmcp import log
from hbmcp.catalog import Offer
from hbmcp.identity import Identity
from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.http.application import application
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy


async def serve_http(
    settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None", demanded: bool
) -> None:
    """Serve streamable HTTP on this socket until the process is told to stop. `demanded` is an access token of every
    client."""
    import uvicorn

    from hbmcp.access.tokens import Tokens
    from hbmcp.store import Store

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            end_by(3 * SHUTDOWN)
            log.silence_libraries()  # that streams are cut now is no error
            await super().shutdown(sockets)

    tokens = Tokens(Store.open(settings, Identity.of(settings))) if demanded else None
    app = application(settings, offer, policy, None if tokens is None else tokens.holder)
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=SHUTDOWN)
    try:
        await Server(config).serve([listener])
    finally:
        if tokens is not None:
            await tokens.aclose()


def run_http(
    settings: Settings, offer: Offer, listener: socket.socket, policy: "Policy | None", demanded: bool
) -> None:
    """serve_http in an event loop of its own."""
    anyio.run(serve_http, settings, offer, listener, policy, demanded)
