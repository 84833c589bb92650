"""How triggers are shown."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hbmcp.figures import money
from hbmcp.installation.triggers.asked_condition import Met
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.results.answer import without_nulls
from hbmcp.store import TriggerEvent
from hbmcp.text import one_line
from hbmcp.times import utc

COLUMNS = (
    "id",
    "state",
    "when",
    "then",
    "after",
    "times",
    "last",
    "level",
    "distance_percent",
    "distance_points",
    "as_of",
    "expires",
    "ended",
    "cause",
    "doubt",
    "note",
)


def trigger_row(one: Trigger, end: TriggerEvent | None = None) -> dict[str, Any]:
    """One of several: what it waits for, where that is as far as the watcher has read it, and with what it ended."""
    ended = {} if end is None else {"ended": utc(end.time), "cause": one_line(end.cause)}
    return without_nulls({**_what(one), **_read(one), **ended})


def trigger_details(one: Trigger, bonded: Iterable[int], events: Iterable[TriggerEvent]) -> dict[str, Any]:
    """One alone, with those that end with it and what became of it."""
    spec, memory = one.spec, one.memory
    details = {
        **_what(one),
        **_read(one),
        "slip": spec.slip if spec.opens else None,
        "fired": one.row.fired or None,
        "ends_with": ", ".join(map(str, bonded)) or None,
        "created": utc(one.row.created),
        "armed_with": spec.armed_with.token if spec.armed_with else None,
        "came_to": one_line(memory.came) or None,
        "spent": money(memory.spent) if memory.spent else None,
    }
    before = [{"time": utc(read), "value": money(value)} for read, value in memory.before if read != memory.read]
    told = [{"time": utc(event.time), "state": event.state, "cause": one_line(event.cause)} for event in events]
    readings = {"readings": before} if before and spec.when.of != "time" else {}
    return {**without_nulls(details), **readings, "events": told}


def _what(one: Trigger) -> dict[str, Any]:
    spec = one.spec
    return {
        "id": one.key,
        "state": one.row.state,
        "when": spec.when.words,
        "then": spec.does,
        "after": f"{spec.after.words} fills" if spec.after else None,
        "times": f"{one.row.fired} of {spec.every.count}" if spec.every else None,
        "expires": utc(spec.expires) if spec.expires is not None else None,
        "note": one_line(spec.note) or None,
    }


def _read(one: Trigger) -> dict[str, Any]:
    """The last reading, how far the level was from it, and why one since isn't acted on."""
    value, memory = one.memory.value, one.memory
    doubt = {"doubt": one_line(memory.doubt)} if memory.doubt else {}
    if value is None or one.spec.when.of == "time":
        return doubt
    read = utc(memory.read) if memory.read is not None else None
    if one.row.state != "waiting":
        return {"last": money(value), "as_of": read, **doubt}
    before = memory.model_copy(update={"read": None})
    judged = one.spec.when.judge(before, value, memory.read or 0)
    shown: dict[str, Any] = Met(one.spec.when, value, judged, False).shown
    shown["last"] = shown.pop("now")
    return {**shown, "as_of": read, **doubt}


def short_level(when: Condition) -> str:
    """Where it acts, in a few words: "45000", "5% trailing", "P&L -5%"."""
    if when.trail is not None:
        return f"{when.trail:f}% trailing"
    level = f"{when.level or Decimal(0):f}"
    return level if when.of == "price" else f"{when.of} {level}%"
