"""Serving one client at stdin and stdout."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import redirect_stdout

from mcp.server.stdio import stdio_server

from hbmcp import INTERRUPTED
from hbmcp.server.ending import SHUTDOWN, end_by, end_of, finish
from hbmcp.server.line import Line, Terms
from hbmcp.server.protocol import build
from hbmcp.server.switchboard import Switchboard
from hbmcp.unreadable import Answered

OVER_STDIO = "an hbmcp server, until its client leaves"

logger = logging.getLogger(__name__)


def _end_at_sigterm(board: Switchboard) -> None:
    """A plain handler, for the event loop's own never come where a call blocks it."""
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def terminate(*_: object) -> None:
        end_of(board)
        loop.call_soon_threadsafe(lambda: ending.append(loop.create_task(_terminate(board))))

    signal.signal(signal.SIGTERM, terminate)


async def _terminate(board: Switchboard) -> None:
    await finish(board, lambda: board.acts or board.fires)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


async def serve_stdio(terms: Iterable[Terms]) -> None:
    """Serve these installations to the client at stdin and stdout until it leaves. Ctrl-C ends the process from here;
    so does SIGTERM, which clients send when a server takes a while to end, once what acts or fires has come to its
    end."""
    board = Switchboard([Line(offer, told, policy, OVER_STDIO) for told, offer, policy in terms])
    server = build(board)
    _end_at_sigterm(board)
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
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
