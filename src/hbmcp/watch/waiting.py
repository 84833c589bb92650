"""The triggers that live, as the watcher keeps them between its rounds: the store is asked only for what has changed.

Every change of a state leaves an event in the store. What is remembered between two readings nobody but the watcher
writes, and not at each of them.
"""

import logging
from collections.abc import Collection

from hbmcp.installation.triggers.trigger import LIVE, Trigger
from hbmcp.store import Store, TriggerEvent, TriggerRow

WHOLE = 150  # rounds between two readings of all, for a store that was put back

logger = logging.getLogger(__name__)


class Waiting:
    """What lives of one store."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._known: dict[int, Trigger] | None = None
        self._again: set[int] = set()
        self._rounds = 0
        self._unreadable: set[int] = set()

    async def news(self, store: Store, *, heard: bool) -> list[TriggerEvent]:
        """What came since it was asked last, but for what who called here was told of; at first nothing, or what no
        client `heard` of."""
        if self._last is None:
            self._last = await store.heard() if heard else None
            if self._last is None:
                self._last = await store.last_trigger_event()
                if heard:
                    await store.hear(self._last)
                return []
        events = await store.trigger_events(after=self._last)
        if events:
            self._last = max(one.key for one in events)
            self._again |= {one.trigger for one in events}
        news = [one for one in events if one.state != "cancelled" or one.trigger not in store.told]
        store.told.difference_update(one.trigger for one in events if one.state == "cancelled")
        return news

    def forget(self) -> None:
        """Another watches, and remembers what we don't know of."""
        self._known = None

    async def refreshed(self, store: Store) -> list[Trigger]:
        """All that live now, oldest first, but for what another version of hbmcp wrote."""
        if self._known is None or self._rounds % WHOLE == WHOLE - 1:
            self._last, known = await store.last_trigger_event(), self._known or {}
            self._known = {}
            self._take(await store.triggers(states=LIVE), known)
        elif self._again:
            again = list(self._again)
            before = {key: one for key in again if (one := self._known.pop(key, None)) is not None}
            self._take(await store.triggers(states=LIVE, keys=again), before)
            self._known = dict(sorted(self._known.items()))
        self._again.clear()
        self._rounds += 1
        return list(self._known.values())

    def remember(self, one: Trigger) -> None:
        """How it is now, in the store or not yet."""
        if self._known is not None and one.key in self._known:
            self._known[one.key] = one

    def read_again(self, key: int) -> None:
        """Somebody wrote it."""
        self._again.add(key)

    def _take(self, rows: Collection[TriggerRow], before: dict[int, Trigger]) -> None:
        assert self._known is not None
        for row in rows:
            known = before.get(row.key)
            try:
                read = Trigger.of(row)
                if known is not None and known.row.state == row.state == "waiting" and known.row.fired == row.fired:
                    read = read.remembering(known.memory)
                self._known[row.key] = read
            except ValueError:
                if row.key not in self._unreadable:
                    self._unreadable.add(row.key)
                    logger.warning("Trigger %d was written by another version of hbmcp, and isn't watched.", row.key)
