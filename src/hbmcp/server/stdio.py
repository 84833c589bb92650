"""Serving one client at stdin and stdout."""

import asyncio
import logging
import os
import signal
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from mcp.server.stdio import stdio_server

from hbmcp.catalog import Offer
from hbmcp.server.ending import SHUTDOWN, end_by
from hbmcp.server.line import Line
from hbmcp.server.protocol import build
from hbmcp.settings import Settings
from hbmcp.unreadable import Answered

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy

OVER_STDIO = "an hbmcp server, until its client leaves"
LOOKED_AFTER = 0.05  # seconds
INTERRUPTED = 130  # the exit code of a process that Ctrl-C ended

logger = logging.getLogger(__name__)


def _terminate(line: Line) -> None:
    """At SIGTERM."""
    line.end()
    if line.fires:
        asyncio.get_running_loop().call_later(LOOKED_AFTER, _terminate, line)
        return
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


async def serve_stdio(settings: Settings, offer: Offer, policy: "Policy | None" = None) -> None:
    """Serve the client at stdin and stdout until it leaves. Ctrl-C ends the process from here; so does SIGTERM, which
    clients send when a server takes a while to end, once what fires has come to its end."""
    line = Line(offer, settings, policy, OVER_STDIO)
    server = build(line)
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _terminate, line)
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
