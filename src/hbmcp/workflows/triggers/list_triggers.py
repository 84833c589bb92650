"""The triggers that wait, or all."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.kept import kept, refused
from hbmcp.installation.triggers.missed import missed
from hbmcp.installation.triggers.trigger import LIVE, OVER, WAITING
from hbmcp.installation.triggers.view import COLUMNS, trigger_row
from hbmcp.installation.triggers.watching import watched_by
from hbmcp.results.answer import Answer
from hbmcp.store import StoreError


async def list_triggers(installation: Installation, *, all: bool | None = None) -> Answer:  # noqa: A002
    """A row each: when, then, the last reading and its time, how far the level was, and what ended it and when; who
    watches them, and what was missed while nobody did. Raises Refused where the store can't be read."""
    try:
        found = await kept(installation, states=None if all else LIVE)
        over = [one.key for one in found.rows if one.row.state in OVER]
        events = await installation.store.trigger_events(keys=over) if over else []
        watch = await installation.store.watch()
    except StoreError as error:
        raise refused(error) from None
    if not found.rows:
        return Answer("No triggers." if all else "No trigger waits.", found.notes)
    gap = await missed(installation, watch, [one for one in found.rows if one.row.state in WAITING])
    told = f"{gap[0].upper()}{gap[1:]}." if gap else ""
    ends = {event.trigger: event for event in events}  # the last of each
    rows = [trigger_row(one, ends.get(one.key)) for one in found.rows]
    return Answer({"watched_by": watched_by(watch), "triggers": rows}, (*found.notes, told), COLUMNS)
