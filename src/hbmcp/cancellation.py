"""Being cancelled, once.

anyio cancels a task again at every step that it takes until it has left the cancelled scope, and asyncio cancels one
for a time-out and for its caller at once. No clean-up outlives that. So what has to be cleaned up runs in a task of its
own: that one is cancelled once, and waited for.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import anyio

T = TypeVar("T")

UNSENT = "cancelled before the request was sent"  # the argument of such a CancelledError
TO_CLEAN_UP = 10.0  # seconds, after which it is left to itself


async def cancelled_once(
    work: Coroutine[Any, Any, T], cancel: Callable[[asyncio.Task[T]], object] = asyncio.Task.cancel
) -> T:
    """What the work comes to. Who waits for it may be cancelled again and again: `cancel` is called once, and the
    cancellation goes on only when the work has ended."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        if not task.done():
            cancel(task)
        await _ended(task)
        raise
    return task.result()


async def _ended(task: asyncio.Task[Any]) -> None:
    clock = asyncio.get_running_loop().time
    deadline = clock() + TO_CLEAN_UP
    with anyio.CancelScope(shield=True):
        while not task.done() and (left := deadline - clock()) > 0:
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task], timeout=left)
    if task.done() and not task.cancelled():
        task.exception()  # else asyncio would log it as one that nobody asked for


def unsent(error: asyncio.CancelledError) -> bool:
    """Whether a request was cancelled before anybody can have acted on it."""
    return error.args == (UNSENT,)
