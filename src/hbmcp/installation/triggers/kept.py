"""The triggers that the store keeps, as far as this version can read them."""

from collections.abc import Collection

from attrs import frozen

from hbmcp.errors import Refused, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.trigger import WAITING, Trigger
from hbmcp.store import TriggerState
from hbmcp.times import now

NOT_DONE = "Nothing was changed."


@frozen
class Kept:
    """Triggers, oldest first, and the keys of those that another version wrote."""

    rows: tuple[Trigger, ...]
    unreadable: tuple[int, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of those that can't be read."""
        if not self.unreadable:
            return ()
        return (f"Another version of hbmcp wrote {', '.join(map(str, self.unreadable))}, which this one can't read.",)


async def kept(
    installation: Installation,
    *,
    states: Collection[TriggerState] | None = None,
    keys: Collection[int] | None = None,
) -> Kept:
    """Raises StoreError."""
    rows, unreadable = [], []
    for row in await installation.store.triggers(states=states, keys=keys):
        try:
            rows.append(Trigger.of(row))
        except ValueError:
            unreadable.append(row.key)
    return Kept(tuple(rows), tuple(unreadable))


async def one_kept(installation: Installation, key: int) -> Trigger:
    """The one with this number. Raises Refused where there is none, and StoreError."""
    found = await kept(installation, keys=[key])
    if not found.rows:
        raise Refused(f"There is no trigger {key}.", NOT_DONE, "list_triggers shows them; all=true those that ended.")
    return found.rows[0]


async def cancel(installation: Installation, key: int, why: str) -> bool:
    """Whether it waited. Who called reads of it in the answer, so that it is no news. Raises StoreError."""
    store = installation.store
    if installation.heard:
        store.told.add(key)
    return await store.move_trigger(key, WAITING, "cancelled", why, time=now())


def refused(error: StoreError) -> Refused:
    """For who asked for nothing but the store."""
    return Refused(f"The triggers can't be read: {error.happened}", NOT_DONE, error.advice)
