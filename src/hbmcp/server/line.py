"""What a server's calls share: the bridge, and the watch of the triggers."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from hbmcp.catalog import Offer
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.bridge import Bridge
    from hbmcp.policy.model import Policy

WATCH_AFTER = 1.0  # seconds after the first answer


class Line:
    """The way to the bridge, which is built at the first call."""

    def __init__(self, offer: Offer, settings: Settings, policy: "Policy | None", name: str) -> None:
        self._name = name
        self._offer = offer
        self._settings = settings
        self._policy = policy
        self._bridge: Bridge | None = None
        self._watching: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Watch the triggers from soon on, unless the server may only read. Called when something is answered, for it
        loads the store; where that holds nothing yet, only a call can make a trigger."""
        if not self._settings.read_only and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await asyncio.sleep(WATCH_AFTER)
        from hbmcp.identity import Identity
        from hbmcp.store.place import Place

        if self._bridge is None and not Place.of(self._settings, Identity.of(self._settings)).exists:
            return
        from hbmcp.watch.watcher import Watcher

        await Watcher(self.bridge, self._name).run()

    @property
    def bridge(self) -> "Bridge":
        """The bridge of this server."""
        if self._bridge is None:
            from hbmcp.bridge import Bridge

            self._bridge = Bridge(self._offer, self._settings, policy=self._policy)
        return self._bridge

    @property
    def gone(self) -> Collection[str]:
        """The tools that this API lacks the operations for, as far as that is known."""
        return () if self._bridge is None else self._bridge.comparison.drift.gone

    async def aclose(self) -> None:
        """Let others watch, and close the bridge, if there is one."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._bridge is not None:
            await self._bridge.aclose()
