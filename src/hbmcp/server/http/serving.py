"""The server over HTTP, until it is told to stop."""

import socket
from collections.abc import Callable, Sequence
from types import FrameType

import uvicorn
from sse_starlette.sse import AppStatus

from hbmcp import log
from hbmcp.server.ending import end_of, finish
from hbmcp.server.http.application import application
from hbmcp.server.http.patience import Patient
from hbmcp.server.http.tls import certificate
from hbmcp.server.http.verification import verification
from hbmcp.server.line import Line, Terms
from hbmcp.server.switchboard import Switchboard

OVER_HTTP = "the hbmcp server over HTTP"
CUT_OFF = 1  # seconds for the rest of what is being answered; streams that only wait end then


class Server(uvicorn.Server):
    """uvicorn's, which lets calls end, and tells when it answers."""

    def __init__(self, config: uvicorn.Config, board: Switchboard, answers: Callable[[], None]) -> None:
        super().__init__(config)
        self._board = board
        self._answers = answers

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """From when this returns on, what comes is answered."""
        await super().startup(sockets)
        if self.started:
            self._answers()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal ends it."""
        end_of(self._board)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """What is under way ends first, as far as it does in time."""
        board = self._board
        board.list_changes.close()
        await finish(board, lambda: (board.busy or board.fires) and not self.force_exit)
        AppStatus.should_exit = True
        log.silence_libraries()  # that streams are cut now is no error
        await super().shutdown(sockets)


async def serve_http(
    terms: Sequence[Terms], listener: socket.socket, demanded: bool, answers: Callable[[], None]
) -> None:
    """Serve streamable HTTP of these installations on this socket until the process is told to stop. `demanded` is an
    access token of every client; `answers` is called when the first can come."""
    from hbmcp.access.tokens import EveryTokens

    board = Switchboard([Line(offer, told, policy, OVER_HTTP) for told, offer, policy in terms])
    tokens = EveryTokens.of([line.settings for line in board.lines.values()])
    settings = board.settings
    app = application(board, verification(settings, tokens) if demanded else None)
    # Else all answers that are streams end with the signal, also those that still come.
    AppStatus.enable_automatic_graceful_drain = False
    config = uvicorn.Config(
        app,
        http=Patient,
        ws="none",  # nothing here speaks it, and it would come in past the doors
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=CUT_OFF,
        server_header=False,
    )
    config.load()
    config.ssl = certificate(settings)
    try:
        await Server(config, board, answers).serve([listener])
    finally:
        await tokens.aclose()
