"""Whether all that was written to an audit log is still there, as it was written."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from hbmcp.policy.audit.chain import START, Line, Link, read
from hbmcp.policy.audit.log import Log


@frozen
class Report:
    """How many `lines` there are, what is `broken`, and what else should be known; a sentence each."""

    lines: int
    broken: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@frozen
class _Walk:
    """What was seen on the way from the first line to the last."""

    lines: list[Link] = field(factory=list)
    broken: list[str] = field(factory=list)
    remarks: list[str] = field(factory=list)
    open_calls: dict[str, str] = field(factory=dict)  # those that began and have no end: call -> what it was


def verify(log: Log, head: Link | None) -> Report:
    """`head` is the last line that the store knows of, None where it knows of none. Raises OSError."""
    walk = _Walk()
    _walk_all(log, walk, head)
    broken, remarks = walk.broken, walk.remarks
    last = walk.lines[-1] if walk.lines else START
    if head is not None and not walk.lines:
        broken.append(f"The log {log.file} is gone: the store knows of {head.seq} lines in it.")
    elif head is not None and head.seq > last.seq:
        broken.append(f"Its end was cut: it ends with number {last.seq}, and the store knows of number {head.seq}.")
    elif head is not None and head not in walk.lines:
        broken.append(f"It was written anew: number {head.seq} isn't the line that the store knows.")
    elif head is None and walk.lines:
        remarks.append("The store knows nothing of this log, so that a cut end wouldn't show.")
    if walk.open_calls:
        remarks.append(
            f"{len(walk.open_calls)} of its calls began and have no end (under way, or their process died): "
            f"{'; '.join(walk.open_calls.values())}."
        )
    if kept := log.spare.lines:
        remarks.append(f"{len(kept)} lines are still kept aside in {log.spare.file}.")
    return Report(len(walk.lines), tuple(broken), tuple(remarks))


def _walk_all(log: Log, walk: _Walk, head: Link | None) -> None:
    damaged = ""  # the place of a line that isn't as it was written, until it is known why
    cut = False  # whether that may never have been a whole line
    before = START
    for place, raw in _lines(log):
        line = read(raw)
        if line is None:
            if damaged:
                walk.broken.append(f"{damaged} isn't as it was written.")
            damaged, cut = place, _may_be_cut(raw)
            continue
        follows = line.previous == before.hash and line.link.seq == before.seq + 1
        if damaged and follows and cut:  # nothing is missing
            walk.remarks.append(f"{damaged} was cut short while it was written.")
        elif damaged:
            walk.broken.append(f"{damaged} was {'put in' if follows else 'changed'}.")
        elif not follows or line.record.get("event") == "gap":
            walk.broken.append(_missing(place, line, before))
        damaged = ""
        _note(walk, line)
        before = line.link
    if damaged:
        # Who writes a line writes its end at last; who continues after one that was cut ends that first.
        short = cut and not raw.endswith(b"\n") and (head is None or head == before)
        (walk.remarks if short else walk.broken).append(
            f"{damaged}, the last, {'was cut short while it was written' if short else 'was changed'}."
        )


def _may_be_cut(raw: bytes) -> bool:
    """Whether it is the beginning of a line: one that is whole JSON has its end, and was changed."""
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return raw.startswith(b"{")
    return False


def _missing(place: str, line: Line, before: Link) -> str:
    if line.record.get("event") == "gap":
        return f"Before {place} it was cut or changed: the store knew of number {line.record.get('lost')}."
    if line.link.seq > before.seq + 1:
        return f"Before {place} the numbers {before.seq + 1} to {line.link.seq - 1} are gone."
    return f"Before {place} something was changed, or put in."


def _note(walk: _Walk, line: Line) -> None:
    walk.lines.append(line.link)
    record = late(line.record)
    call = str(record.get("call"))
    if record.get("event") == "begin":
        walk.open_calls[call] = f"number {line.link.seq}, {record.get('tool')} at {record.get('time')}"
    elif record.get("event") == "end":
        walk.open_calls.pop(call, None)


def late(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a line says, where it says it of another that couldn't be written at its time."""
    if record.get("event") == "late":
        try:
            said = json.loads(str(record.get("said")))
        except ValueError:
            return record
        return said if isinstance(said, dict) else record
    return record


def whole_lines(log: Log) -> Iterator[Line]:
    """The lines that are as they were written, oldest first. Raises OSError."""
    yield from filter(None, (read(raw) for _, raw in _lines(log)))


def _lines(log: Log) -> Iterator[tuple[str, bytes]]:
    """Each line with its place, oldest first."""
    for file in log.files:
        yield from _of(file)


def _of(file: Path) -> Iterator[tuple[str, bytes]]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if line.strip():
                yield f"{file.name}, line {number}", line
