"""What a signal breaks off at a terminal, and what is told of it then: what was sent."""

import signal
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from hbmcp.catalog import Offer
    from hbmcp.policy.grant import Grant, Spent

T = TypeVar("T")


def run(work: Callable[[], Awaitable[T]]) -> T:
    """What it comes to. SIGTERM breaks it off as Ctrl-C does, and ends the process then; in any case once that had its
    time, for who types holds the event loop."""
    import _thread
    import asyncio
    import os
    import time

    import anyio

    from hbmcp.cancellation import TO_CLEAN_UP

    def end() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def end_by() -> None:
        time.sleep(TO_CLEAN_UP)
        end()

    async def begun() -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def terminate(*_: object) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            loop.call_soon_threadsafe(task.cancel)
            _thread.start_new_thread(end_by, ())

        signal.signal(signal.SIGTERM, terminate)
        return await work()

    try:
        return anyio.run(begun)
    except asyncio.CancelledError:
        end()
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def told(granted: "Iterable[Grant]", offer: "Offer") -> str:
    """What of these was sent, of which nobody heard, and what is known of it."""
    from hbmcp.errors import NOTHING_DONE
    from hbmcp.redaction import redacted

    spent = [one for grant in granted if not grant.told for one in grant.spent]
    return redacted(" ".join(filter(None, (_told(one, offer) for one in spent))) or NOTHING_DONE)


def _told(spent: "Spent", offer: "Offer") -> str:
    from hbmcp.errors.unknown_outcome import look

    if spent.settled is None:
        return ""
    if spent.answered:
        return f"{spent.planned.words}: sent{f' as {spent.reference}' if spent.reference else ''}."
    look_with = look(offer.catalog.names[spent.planned.tool], offer)
    return (
        f"{spent.planned.words}: sent, but its answer wasn't waited for, and it may have been carried out, or may "
        f"still be. Don't repeat it. First find out: {look_with}."
    )
