"""A call that comes again: a client's time-out makes a model call once more what was done all the same.

An order equal to one of the last minute, one that says the same or would send the same, is refused unless it says
`again`. A program says which call it means by an idempotency key: what was sent under it isn't sent again for a day,
and is told.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

from attrs import asdict, frozen

from hbmcp.catalog import ADDING
from hbmcp.errors import BadArguments, SaidTwice
from hbmcp.figures import plain
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.policy.call import Call
from hbmcp.store import LedgerRow
from hbmcp.text import named
from hbmcp.times import DAY, MINUTE

AGAIN_AFTER = MINUTE
KEY_HOLDS = DAY

_KEY = re.compile(r"[!-~]{1,200}")
_FIGURE = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")  # as text; 007 is a name
_WHOLE = {"fraction": 1, "percentage": 100}  # arguments that say how much of a position, and all of it
_OF_WHAT_IS_LEFT = frozenset((*_WHOLE, "share", "risk"))
_SIZES = frozenset(("amount", "quote_amount", "share", "orders"))
_BESIDE = ("wait", "max_value", "again", "preview")  # arguments that don't change what is sent


class SentBefore(Exception):
    """What was sent already under an idempotency key; str() tells it."""

    kind = "sent_before"


def check_key(key: Any) -> None:
    """Raises BadArguments for what is no idempotency key."""
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise BadArguments(
            "An idempotency key is a text of 1 to 200 letters, digits and signs, without spaces.",
            "Nothing was sent.",
            "Give each call a key of its own, such as a UUID.",
        )


def digest(tool: str, arguments: Mapping[str, Any]) -> str:
    """The same for calls that say the same: 0.10 is 0.1, as a number and as text."""
    given = {name: value for name, value in arguments.items() if name not in _BESIDE and value is not None}
    return _mark([tool, given])


def sent_by(tool: str, plan: Plan) -> str:
    """The same for calls that would send the same, however that was said; "" for what sends nothing."""
    if not plan.requests:
        return ""
    return _mark([tool, [_meant(one) for one in plan.requests], [[one.then, _meant(one)] for one in plan.later]])


def _meant(planned: PlannedRequest) -> list[Any]:
    asked = asdict(planned.request, filter=lambda attribute, _: attribute.name != "parse")
    return [planned.effect, planned.words if planned.is_kept else "", asked]


def _mark(said: Any) -> str:
    text = json.dumps(_normal(said), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _normal(value: Any) -> Any:
    """The same for what is meant alike: every figure as text, without zeros that say nothing."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(name): _normal(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_normal(one) for one in value]
    if isinstance(value, str) and _FIGURE.fullmatch(value):
        value = Decimal(value)
    return f"{plain(value):f}" if isinstance(value, Decimal) else str(value)


def may_be_meant_once(plan: Plan, arguments: Mapping[str, Any]) -> bool:
    """Whether the same plan once more would do more. What closes whole positions finds none the second time; what
    closes so much of one, or a part, would close as much again."""
    if any(one.effect in ADDING or one.trades is not None for one in plan.requests):
        return True
    part = not _SIZES.isdisjoint(arguments) or any(
        arguments.get(name, whole) != whole for name, whole in _WHOLE.items()
    )
    return part and any(one.effect == "reduces" for one in plan.requests)


def refuse_twice(
    mark: str, granted: Iterable[LedgerRow], now: int, holder: str, upto: int = -1, sent: str = ""
) -> None:
    """Raises SaidTwice where a call with this digest, or that `sent` this, was made within the last minute, or is under
    way, by whomever: two assistants of one person may have been told the same. What became of it only its `holder` is
    told. What has a key of `upto` or before is left out."""
    before = [row for row in granted if _is(row, mark, sent) and row.time > now - AGAIN_AFTER and row.key > upto]
    if not before:
        return
    ours = [row for row in before if row.holder == holder]
    if not ours:
        raise SaidTwice(
            f"The same was said {_ago(before[-1], now)} by another client.",
            "Nothing was sent this time.",
            "To do it all the same, say again=true; a person can see in hbmcp's audit what became of the other.",
        )
    raise SaidTwice(
        f"The same was said {_ago(ours[-1], now)}, and {_became(ours)}.",
        "Nothing was sent this time.",
        "To do it once more, say again=true; else look what became of it.",
    )


def refuse_known_key(key: str, mark: str, granted: Iterable[LedgerRow], now: int, sent: str | None = "") -> None:
    """Raises SentBefore for a key under which this was sent within a day, BadArguments where it was something else.
    Until it is planned, when `sent` is None, what was said otherwise may still be the same."""
    before = [row for row in granted if row.idempotency_key == key and row.time > now - KEY_HOLDS]
    if not before:
        return
    if any(not _is(row, mark, sent or "") for row in before):
        if sent is None:
            return
        raise BadArguments(
            f"The idempotency key {named(key)} was used {_ago(before[-1], now)} for another call: {before[-1].words}.",
            "Nothing was sent.",
            "Give each call a key of its own.",
        )
    raise SentBefore(f"Not sent again: under this idempotency key, {_ago(before[-1], now)}, {_became(before)}.")


def _is(row: LedgerRow, mark: str, sent: str) -> bool:
    """Whether it was of the same call; what a trigger sends nobody said."""
    return row.digest == mark or (sent != "" and row.sent == sent and row.caller != "trigger")


@frozen
class Said:
    """A call, as far as it may have been said before: the `digest` of what was said, and that of what would be `sent`,
    None before it is planned. Said `once` more it would do more; `again` says that this is meant."""

    digest: str
    sent: str | None
    key: str | None
    holder: str
    once: bool = False
    again: bool = False

    @classmethod
    def of(cls, call: Call, plan: Plan | None = None) -> Self:
        """Without its plan, it is judged by its key alone."""
        once = plan is not None and call.again is not None and may_be_meant_once(plan, call.arguments)
        sent = None if plan is None else sent_by(call.caller.name, plan)
        if sent and not _OF_WHAT_IS_LEFT.isdisjoint(call.arguments):
            sent = ""  # the same of less is another call
        return cls(digest(call.caller.name, call.arguments), sent, call.key, call.caller.holder, once, bool(call.again))

    def since(self, now: int) -> int:
        """From when on it counts what was granted."""
        return now - (AGAIN_AFTER if self.key is None else KEY_HOLDS)

    def refuse(self, granted: Sequence[LedgerRow], now: int, upto: int = -1) -> None:
        """Raises SentBefore, SaidTwice, and BadArguments for a key that stands for another call. What was granted up to
        that key of the ledger was known to who says it: the same may be said once more."""
        if self.key is not None:
            refuse_known_key(self.key, self.digest, granted, now, self.sent)
        if self.once and not self.again:
            refuse_twice(self.digest, granted, now, self.holder, upto, self.sent or "")


def _became(before: Sequence[LedgerRow]) -> str:
    return "; ".join(dict.fromkeys(f"{row.words} {_STATES[row.state]}{_as(row)}" for row in before))


_STATES = {
    "sent": "was sent",
    "unknown": "was sent, and what became of it isn't known",
    "reserved": "is being sent, or whoever sent it never told what became of it",
}


def _as(row: LedgerRow) -> str:
    return f" as {named(row.reference)}" if row.reference else ""


def _ago(row: LedgerRow, now: int) -> str:
    seconds = max(now - row.time, 0) // 1000
    return f"{seconds} s ago" if seconds < 120 else f"{seconds // 60} min ago"
