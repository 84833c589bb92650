"""Serving one client at stdin and stdout."""

import asyncio
import logging
import os
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
INTERRUPTED = 130  # the exit code of a process that Ctrl-C ended

logger = logging.getLogger(__name__)


async def serve_stdio(terms: Iterable[Terms]) -> None:
    """Serve these installations to the client at stdin and stdout until it leaves. Ctrl-C ends the process here."""
    server = build(Switchboard([Line(offer, told, policy, OVER_STDIO) for told, offer, policy in terms]))
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
