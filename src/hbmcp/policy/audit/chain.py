"""Lines that hang together: each has its number, the hash of the line before it, and its own. Pure.

A line is one JSON object whose last member is `hash`, the SHA-256 of the bytes before that member, closed with a brace.
So who checks needs to write no JSON, and the same JSON written otherwise is another line.
"""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from attrs import frozen

_HASH = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}', re.DOTALL)


@frozen
class Link:
    """A line by its number, from 1 on, and its hash."""

    seq: int
    hash: str


START = Link(0, "0" * 64)  # before the first line


@frozen
class Line:
    """A line that is whole. `record` is all that it says, without its hash."""

    link: Link
    previous: str
    record: Mapping[str, Any]


def sealed(record: Mapping[str, Any], before: Link) -> tuple[bytes, Link]:
    """The line that says this after that one, with its newline."""
    whole = {"seq": before.seq + 1, **record, "previous": before.hash}
    body = json.dumps(whole, separators=(",", ":")).encode()
    found = sha256(body).hexdigest()
    return body[:-1] + f',"hash":"{found}"}}\n'.encode(), Link(before.seq + 1, found)


def read(line: bytes) -> Line | None:
    """What a line says, or None where it isn't as it was written."""
    parts = _HASH.fullmatch(line.rstrip(b"\n"))
    if parts is None or sha256(body := parts[1] + b"}").hexdigest() != parts[2].decode():
        return None
    try:
        record = json.loads(body)
        return Line(Link(int(record["seq"]), parts[2].decode()), str(record["previous"]), record)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
