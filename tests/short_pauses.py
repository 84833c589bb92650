"""Nobody waits for an exchange on paper: looks follow each other at once, and so do a read's attempts."""

import asyncio
from contextvars import ContextVar
from typing import Any

import pytest
import stamina

from hbmcp.installation.executors.run import polling as executor_polling
from hbmcp.installation.orders import polling, unknown_outcome
from hbmcp.installation.positions import leverage, position_mode


class Hurried:
    """In place of asyncio where something is looked at until its time is up: a pause is over at once, and the clock
    goes on as if it had lasted. So there are as many looks as ever, where real time would fit in hundreds."""

    def __init__(self) -> None:
        self._ahead: ContextVar[float] = ContextVar("seconds that were not slept", default=0.0)  # each task's own

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def sleep(self, seconds: float) -> None:
        self._ahead.set(self._ahead.get() + seconds)
        await asyncio.sleep(0)

    def get_running_loop(self) -> "Hurried":
        return self

    def time(self) -> float:
        return asyncio.get_running_loop().time() + self._ahead.get()


def shorten_pauses(patched: pytest.MonkeyPatch) -> None:
    """As often as ever, and at once."""
    again = stamina.retry_context
    patched.setattr(
        stamina, "retry_context", lambda **how: again(**{**how, "wait_initial": 0, "wait_max": 0, "wait_jitter": 0})
    )
    hurried = Hurried()
    for module in (polling, unknown_outcome):
        patched.setattr(module, "asyncio", hurried)
    patched.setattr(executor_polling, "sleep", hurried.sleep)
    for module in (leverage, position_mode):
        patched.setattr(module, "PAUSE", 0)
