"""What a client hears of a call that lasts."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import anyio

from hbmcp.cancellation import cancelled_once
from hbmcp.policy.confirmation.answer import Answered, Ask
from hbmcp.policy.confirmation.question import Question

T = TypeVar("T")

REPORT_EVERY = 3.0  # seconds between two progress reports, and before the first


class Progress(Protocol):
    """Tells the client that a call is under way: seconds so far, and a line for a person."""

    def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> Awaitable[None]: ...


class TrackedAsk:
    """The same way to a person, of which it is known whether one is asked just now."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.answered = ask.answered
        self.at_terminal = ask.at_terminal
        self.waits = False

    @property
    def cant(self) -> str:
        return self._ask.cant

    async def __call__(self, question: Question) -> Answered:
        self.waits = True
        try:
            return await self._ask(question)
        finally:
            self.waits = False

    async def type_keys(self, exchange: str, account: str) -> str:
        self.waits = True
        try:
            return await self._ask.type_keys(exchange, account)
        finally:
            self.waits = False


async def reported(call: Coroutine[Any, Any, T], progress: Progress, waits_for: Callable[[], str]) -> T:
    """What the call comes to, cancelled once. While it lasts, its client is told what it `waits_for`."""
    # A timer, because most calls end before their first report.
    reports: list[asyncio.Task[None]] = []
    timer = asyncio.get_running_loop().call_later(
        REPORT_EVERY, lambda: reports.append(asyncio.create_task(_report(progress, waits_for)))
    )

    def quiet() -> None:
        timer.cancel()
        for task in reports:
            task.cancel()

    def stop(under_way: asyncio.Task[T]) -> None:
        quiet()
        under_way.cancel()

    try:
        return await cancelled_once(call, stop)
    finally:
        quiet()


async def _report(progress: Progress, waits_for: Callable[[], str]) -> None:
    seconds = REPORT_EVERY
    # A client that has gone needs no reports, and its call ends by itself.
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        while True:
            await progress(seconds, None, f"Waiting for {waits_for()}, {seconds:.0f} s so far")
            await asyncio.sleep(REPORT_EVERY)
            seconds += REPORT_EVERY
