"""Serving one client at stdin and stdout."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout

from mcp.server.stdio import stdio_server

from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.line import Line, Terms
from hbmcp.server.protocol import build
from hbmcp.server.switchboard import Switchboard
from hbmcp.unreadable import Answered

OVER_STDIO = "an hbmcp server, until its client leaves"
LOOKED_AFTER = 0.05  # seconds
INTERRUPTED = 130  # the exit code of a process that Ctrl-C ended

logger = logging.getLogger(__name__)


def _terminate(board: Switchboard) -> None:
    """At SIGTERM."""
    board.end()
    if board.fires:
        asyncio.get_running_loop().call_later(LOOKED_AFTER, _terminate, board)
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


async def serve_stdio(terms: Iterable[Terms]) -> None:
    """Serve these installations to the client at stdin and stdout until it leaves. Ctrl-C ends the process from here;
    so does SIGTERM, which clients send when a server takes a while to end, once what fires has come to its end."""
    board = Switchboard([Line(offer, told, policy, OVER_STDIO) for told, offer, policy in terms])
    server = build(board)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _terminate, board)
    try:
        async with stdio_server() as (read, write):
            try:
                # The SDK has moved file descriptor 1 to stderr; what a library prints and Python buffers must not come
                # out after it has moved it back.
                with redirect_stdout(sys.stderr):
                    await server.run(Answered(read, write), write, server.create_initialization_options())
            except asyncio.CancelledError:
                # Ctrl-C, or stdout is closed. The thread in which the SDK reads stdin can't be stopped.
                os._exit(INTERRUPTED)
            end_by(SHUTDOWN)
    except* ConnectionError:
        logger.info("the client has gone")
