"""The calls that the lines of an audit tell of."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]

NO_END = "no end: under way, or its process died"


def of(installation: str, records: Iterable[Record]) -> Iterator[Record]:
    """The lines of one installation, of a log that it shares with others, and those that are of none."""
    ours = set()
    for one in records:
        call = one.get("call")
        if one.get("installation") == installation:
            ours.add(call)
            yield one
        elif one.get("installation") is None and (call is None or call in ours):
            yield one


def calls(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """One for each call: its first line, with how it ended."""
    found: dict[str, dict[str, Any]] = {}
    for one in records:
        if one.get("event") == "end":
            found.setdefault(str(one.get("call")), {**one, "tool": "?"}).update(
                {name: one.get(name) for name in ("sent", "outcome", "text")}
            )
        elif "call" in one:
            found[str(one["call"])] = dict(one)
    yield from found.values()


def came_to(call: Record) -> tuple[str, str]:
    """What became of a call, and what there is to say of it: ids of what was made, or an error."""
    outcome = str(call.get("outcome") or NO_END)
    if call.get("event") == "refused":
        outcome = f"not sent: {outcome}"
    return outcome, ids_of(call) if call.get("outcome") == "done" else error_of(call)


def ids_of(call: Record) -> str:
    """Of what a call made."""
    return ", ".join(one["id"] for one in call.get("sent") or () if one.get("id"))


def error_of(call: Record) -> str:
    """What a call ran into; "" where it is done."""
    return "" if call.get("outcome") == "done" else str(call.get("text") or "")


def shown(call: Record) -> dict[str, Any]:
    """A row of it."""
    words = [str(one.get("words")) for one in call.get("plan") or ()]
    outcome, text = came_to(call)
    return {
        "time": call.get("time"),
        **{name: call.get(name) for name in ("caller", "client", "token", "tool")},
        "what": "; ".join(words) or json.dumps(call.get("arguments"), separators=(",", ":")),
        "outcome": outcome,
        "text": text or None,
    }
