"""How a server ends: what was sent comes to its end, and then soon, whatever doesn't answer."""

import _thread
import asyncio
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from hbmcp.times import ticking

if TYPE_CHECKING:
    from hbmcp.server.switchboard import Switchboard

SHUTDOWN = 3  # seconds that open streams get, and then what is to be closed
FINISH = 2 * SHUTDOWN  # seconds until calls are broken off that may have sent something; until others, SHUTDOWN
WRITTEN = 0.3  # seconds in which the last answers leave
ENDING = "This server is being stopped. Nothing was done. Call again in a moment, when it or another runs."


def end_by(seconds: float) -> None:
    """End the process then, whatever thread still waits: for a store that stalls, or a client that doesn't read. A
    handler of signals can call it in the middle of anything: no lock is taken."""

    def end() -> None:
        time.sleep(seconds)
        os._exit(0)

    _thread.start_new_thread(end, ())


def end_of(board: "Switchboard") -> None:
    """End the process once that board has had its time, also when a call blocks the event loop."""
    end_by(max(FINISH, board.fires) + SHUTDOWN)


async def finish(board: "Switchboard", waits: Callable[[], object]) -> None:
    """No call begins any more, and no trigger fires; those under way have some time, as long as it `waits`, and what of
    them is broken off then is told."""
    board.end()
    began = ticking()
    while waits() and ticking() <= began + max(FINISH if board.acts else SHUTDOWN, board.fires):
        await asyncio.sleep(0.02)
    await asyncio.sleep(WRITTEN)
    board.tell_broken_off()
