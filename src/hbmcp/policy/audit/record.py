"""What a line of the audit says. It holds no credential: what has a secret's name, or was given as one, is masked."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.redaction import MASK, redacted, without_credentials
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.secret_names import names_secret
from hbmcp.text import cut, one_line
from hbmcp.times import machine

if TYPE_CHECKING:
    from hbmcp.policy.use import Use

Record = dict[str, Any]

LONGEST = 500  # characters of a text
LOOKED_AT = 16 * LONGEST  # of one that is longer: to find what is secret in it takes time, and the end isn't shown
MOST = 100  # members of an object, items of a list
DEEP = 8

# Of a call that is about credentials, all that is no credential for certain.
_NO_SECRET = ("account_name", "connector_name", "chain")

_WORD = re.compile(r"[\w.-]*", re.ASCII)  # in which nothing stands beside a secret that would tell it


@frozen
class Sent:
    """A request that left: which, and what came of it, in a word; with the id of what it made."""

    planned: PlannedRequest
    outcome: str
    id: str | None = None


def stamped(event: str, **said: Any) -> Record:
    """A line of now: what it says, less what isn't known."""
    return {
        "time": time_text(machine()),
        "event": event,
        **{name: value for name, value in said.items() if value is not None},
    }


def time_text(milliseconds: int) -> str:
    """A time as lines have it, which sorts as it goes."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arguments(given: Mapping[str, Any], *, secret: bool) -> Record:
    """What a call was given; `secret` is one that takes credentials."""
    kept = {name: value if not secret or name in _NO_SECRET else MASK for name, value in given.items()}
    masked: Record = _masked(kept, DEEP)
    return masked


def plan(requests: Iterable[PlannedRequest]) -> list[Record]:
    """What would be sent."""
    return [
        {
            "words": words(one.words),
            "effect": one.effect,
            "request": _line(one),
            **_masked({name: value for name, value in asdict(one.stake).items() if value is not None}, DEEP),
        }
        for one in requests
    ]


def limits(nearly: "Iterable[Use]", now: int) -> list[Record]:
    """Those of which hardly anything is left."""
    return [{"limit": words(one.limit), "since": one.window(now), "used": words(str(one))} for one in nearly]


def sent(requests: Iterable[Sent]) -> list[Record]:
    """What was sent."""
    return [
        {"request": _line(one.planned), "outcome": one.outcome, **({"id": words(one.id)} if one.id else {})}
        for one in requests
    ]


def words(text: str) -> str:
    """A text that others may have a part in, on one line, not too long, without secrets."""
    return _shown(text)[0]


def _shown(text: str) -> tuple[str, bool]:
    """The text without secrets, and whether it is all of it."""
    text = redacted(text)
    if len(text) <= LONGEST and _WORD.fullmatch(text):
        return text, True
    clean = _clean(text[:LOOKED_AT])
    rest = len(text) - LOOKED_AT
    if rest <= 0:
        return cut(clean, LONGEST), len(clean) <= LONGEST
    # With so much masked, what is left may end in half a secret.
    kept = clean[:LONGEST] if len(clean) > LOOKED_AT // 2 else ""
    return f"{kept}…(+{len(clean) - len(kept) + rest} characters)", False


def _clean(text: str) -> str:
    return redacted(scrubbed(without_credentials(one_line(text))))


def _line(planned: PlannedRequest) -> str:
    return words(f"{planned.request.method} {planned.request.path}")


def _masked(value: Any, depth: int) -> Any:
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        members = list(value.items())[:MOST]
        return {words(str(name)): MASK if names_secret(str(name)) else _masked(one, depth - 1) for name, one in members}
    if isinstance(value, list | tuple):
        return [_masked(one, depth - 1) for one in value[:MOST]]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        shown = words(str(value))
        return value if shown == str(value) else shown
    shown, whole = _shown(str(value))
    if whole:
        return shown
    # Of a script, say: which one it was.
    return f"{shown} sha256 {sha256(redacted(str(value)).encode(errors='surrogatepass')).hexdigest()}"
