"""The server over HTTP, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn
from sse_starlette.sse import AppStatus

from hbmcp import log
from hbmcp.catalog import Offer
from hbmcp.identity import Identity
from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.http.application import application
from hbmcp.server.http.patience import Patient
from hbmcp.server.http.tls import certificate
from hbmcp.server.http.verification import verification
from hbmcp.server.line import Line
from hbmcp.settings import Settings
from hbmcp.times import ticking

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy

OVER_HTTP = "the hbmcp server over HTTP"
FINISH = 2 * SHUTDOWN  # seconds until calls are broken off that may have sent something; until others, SHUTDOWN
WRITTEN = 0.3  # seconds in which the last answers leave
CUT_OFF = 1  # seconds for the rest of what is being answered; streams that only wait end then


class Server(uvicorn.Server):
    """uvicorn's, which lets calls end, and tells when it answers."""

    def __init__(self, config: uvicorn.Config, line: Line, answers: Callable[[], None]) -> None:
        super().__init__(config)
        self._line = line
        self._answers = answers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """From when this returns on, what comes is answered."""
        await super().startup(sockets)
        if self.started:
            self._answers()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """No call begins any more, and no trigger fires; those under way have some time, and what of them is broken off
        then is told."""
        line = self._line
        end_by(max(FINISH, line.fires) + SHUTDOWN)
        line.end()
        line.list_changes.close()
        began = ticking()
        while (line.busy or line.fires) and not self.force_exit:
            if ticking() > began + max(FINISH if line.acts else SHUTDOWN, line.fires):
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(WRITTEN)
        line.tell_broken_off()
        AppStatus.should_exit = True
        log.silence_libraries()  # that streams are cut now is no error
        await super().shutdown(sockets)


async def serve_http(
    settings: Settings,
    offer: Offer,
    listener: socket.socket,
    policy: "Policy | None",
    demanded: bool,
    answers: Callable[[], None],
) -> None:
    """Serve streamable HTTP on this socket until the process is told to stop. `demanded` is an access token of every
    client; `answers` is called when the first can come."""
    from hbmcp.access.tokens import Tokens
    from hbmcp.store import Store

    line = Line(offer, settings, policy, OVER_HTTP)
    tokens = Tokens(Store.open(settings, Identity.of(settings)))
    app = application(line, verification(settings, tokens) if demanded else None)
    # Else all answers that are streams end with the signal, also those that still come.
    AppStatus.enable_automatic_graceful_drain = False
    config = uvicorn.Config(
        app, http=Patient, log_config=None, access_log=False, timeout_graceful_shutdown=CUT_OFF, server_header=False
    )
    config.load()
    config.ssl = certificate(settings)
    try:
        await Server(config, line, answers).serve([listener])
    finally:
        await tokens.aclose()
