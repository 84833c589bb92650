"""Who watches the triggers, in words."""

from hbmcp import times
from hbmcp.installation.installation import Installation
from hbmcp.store import Watch
from hbmcp.times import utc

DURABLE = "hbmcp watch"  # the kind of watch that needs no client
_OF_A_CLIENT = "client"  # in the kind of watch that ends with it
KEPT = f"`{DURABLE}`, which a person can keep running, needs no client"


def rank(kind: str) -> int:
    """Whose watch it should be: of what is run for it, before a server, before one that ends with its client."""
    return 2 if kind == DURABLE else 0 if _OF_A_CLIENT in kind else 1


def watches(watch: Watch | None) -> bool:
    """Whether somebody does now."""
    return watch is not None and bool(watch.holder) and watch.until >= times.machine()


def outlives_clients(watch: Watch | None) -> bool:
    """Whether somebody watches now who goes on when the client of this server has gone."""
    return watch is not None and watches(watch) and _OF_A_CLIENT not in watch.kind


def watched_by(watch: Watch | None) -> str:
    """Who watches; or that nobody does, since when, and what can be done."""
    if watch is not None and watches(watch):
        return watch.kind
    since = "" if watch is None else f" since {utc(watch.until)}"
    return f"nobody{since}; a server begins seconds after its first answer, while it runs; {KEPT}"


def unwatched(watch: Watch | None, since: int = 0) -> str:
    """The last time in which nobody watched, if that ended after `since` in epoch ms, as it follows others; "" for
    none."""
    if watch is None or watch.unwatched_from is None or (watch.unwatched_to or 0) < since:
        return ""
    to = utc(watch.unwatched_to or 0)
    return f"nobody watched from {utc(max(watch.unwatched_from, since))} to {to}"


async def watch_words(installation: Installation) -> str:
    """As `watched_by`, with what needs no client, for who arms something. Raises StoreError."""
    watch = await installation.store.watch()
    words = watched_by(watch)
    return f"{words}; {KEPT}" if watches(watch) and words != DURABLE else words
