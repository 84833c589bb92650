"""What closes of one position does so in turn: a half of what another has left isn't a half of the whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hbmcp.installation.triggers.trigger import Action

PATIENCE = 15.0  # seconds that one waits for those before it: a stop isn't held back by one that hangs

_Position = tuple[str, ...]


class Turns:
    """Of the firings of one watcher."""

    def __init__(self) -> None:
        self._last: dict[_Position, asyncio.Event] = {}

    @asynccontextmanager
    async def after_others(self, action: Action | None) -> AsyncIterator[None]:
        """Wait for those that came before it, if it closes a position; whoever comes later waits for it."""
        if action is None or action.tool != "close_position":
            yield
            return
        names = ("account_name", "connector_name", "trading_pair", "side")
        position = tuple(str(action.arguments.get(name)) for name in names)
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
