"""What acts on one position, or on coins of one pair, does so in turn: a half of what another left isn't one of all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hbmcp.installation.triggers.trigger import Protected

PATIENCE = 15.0  # seconds that one waits for those before it: a stop isn't held back by one that hangs


class Turns:
    """Of the firings of one watcher."""

    def __init__(self) -> None:
        self._last: dict[Protected, asyncio.Event] = {}

    @asynccontextmanager
    async def after_others(self, protects: Protected | None) -> AsyncIterator[None]:
        """Wait for those that came before it, if it acts on such; whoever comes later waits for it."""
        if protects is None:
            yield
            return
        position = protects.model_copy(update={"amount": None})
        before, ended = self._last.get(position), asyncio.Event()
        self._last[position] = ended
        try:
            if before is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(before.wait(), PATIENCE)
            yield
        finally:
            ended.set()
            if self._last.get(position) is ended:
                del self._last[position]
