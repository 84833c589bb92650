"""Times: what a tool accepts as one, and how an epoch number is shown.

A tool's time argument is a string: an ISO date or time (UTC where it has no zone), epoch seconds or milliseconds
(told apart by their size), an age such as `24h` (that long ago), `now`, or `today` and `yesterday` (their beginning).

An epoch number in an answer is a number, or a string of digits, that lies between 2001 and 2100 in seconds or in
milliseconds, under a key that means a time. Both are needed: `cooldown_time` is a duration, a `timestamp` may count
from the start of a machine (3684.8), and a volume may be as large as an epoch.
"""

import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, overload

from hbmcp.text import named

Unit = Literal["s", "ms"]

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds

# Linux stops CLOCK_MONOTONIC while it sleeps, macOS doesn't; elsewhere Python's own clock has to do.
_AWAKE_AND_ASLEEP: int | None = getattr(time, "CLOCK_MONOTONIC" if sys.platform == "darwin" else "CLOCK_BOOTTIME", None)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = 978_307_200, 4_102_444_800  # 2001-01-01 and 2100-01-01, in seconds
_NUMBERS = (int, Decimal, float)
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,20})?")
_AGE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAYS_AGO = {"today": 0, "yesterday": 1}
_TIME_KEY = re.compile(
    r"timestamp|(?:^|[_\W])(?:time|ts|at|date|created|updated|creation|update|expiry|expires|expiration)(?:_?(?:s|ms|utc))?$"
    r"|[a-z](?:Time|At|Date|Ts)$",
)


@overload
def to_seconds(text: str) -> int: ...
@overload
def to_seconds(text: None) -> None: ...
@overload
def to_seconds(text: str | None) -> int | None: ...
def to_seconds(text: str | None) -> int | None:
    """Epoch seconds of a time as a tool accepts it, rounded down; None stays None. ValueError with advice otherwise."""
    milliseconds = to_milliseconds(text)
    return None if milliseconds is None else milliseconds // 1000


@overload
def to_milliseconds(text: str) -> int: ...
@overload
def to_milliseconds(text: None) -> None: ...
@overload
def to_milliseconds(text: str | None) -> int | None: ...
def to_milliseconds(text: str | None) -> int | None:
    """Epoch milliseconds of a time as a tool accepts it; None stays None. ValueError with advice otherwise."""
    if text is None:
        return None
    milliseconds = _read(text.strip())
    if milliseconds is None or milliseconds < 0:
        raise ValueError(
            f"{named(text)} is not a time. Give an ISO date or time (2026-11-22 or 2026-11-22T08:00:00Z, UTC where "
            "no zone is given), epoch seconds or milliseconds, an age (90s, 30m, 24h, 7d, 2w: that long ago), now, "
            "today or yesterday (00:00 UTC)."
        )
    return milliseconds


@overload
def to_iso(text: str) -> str: ...
@overload
def to_iso(text: None) -> None: ...
@overload
def to_iso(text: str | None) -> str | None: ...
def to_iso(text: str | None) -> str | None:
    """ISO text in UTC, to the millisecond, of a time as a tool accepts it; None stays None. ValueError otherwise."""
    milliseconds = to_milliseconds(text)
    return None if milliseconds is None else (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat()


def _read(text: str) -> int | None:
    moment = now()
    if (word := text.lower()) in _DAYS_AGO:
        return moment - moment % DAY - _DAYS_AGO[word] * DAY
    if word == "now":
        return moment
    if age := _AGE.fullmatch(text):
        return moment - int(Decimal(age[1]) * _SECONDS[age[2]] * 1000)
    if _NUMBER.fullmatch(text):
        number = Decimal(text)
        unit = _unit(number)
        return None if unit is None else int(number * 1000 if unit == "s" else number)
    try:
        written = datetime.fromisoformat(re.sub(r" ?(?:UTC|GMT|z)$", "Z", text))
    except ValueError:
        return None
    return ((written if written.tzinfo else written.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)


def readable(value: Any, key: str) -> str | None:
    """An epoch time under `key` as UTC text, `2026-11-22T08:44:33.123Z`, or None where the value isn't one."""
    found = epoch(value) if means_time(key) else None
    return found and found[0]


def epoch(value: Any) -> tuple[str, Unit] | None:
    """A number, or a string of digits, as UTC text and the unit it was in, or None where its size isn't an epoch's.

    No digit is lost: text and unit give back the number, up to zeros at the end of its fraction.
    """
    if isinstance(value, bool) or not isinstance(value, (str, *_NUMBERS)):
        return None
    digits = format(value, "f") if isinstance(value, Decimal) and _unit(value) else str(value)
    unit = _unit(Decimal(digits)) if _NUMBER.fullmatch(digits) else None
    if unit is None:
        return None
    whole, _, fraction = digits.partition(".")
    seconds = int(whole)
    if unit == "ms":
        seconds, milliseconds = divmod(seconds, 1000)
        fraction = f"{milliseconds:03}{fraction}"
    fraction = fraction.rstrip("0")
    text = datetime.fromtimestamp(seconds, UTC).isoformat()[:19]
    return f"{text}.{fraction}Z" if fraction else f"{text}Z", unit


def ticking() -> float:
    """Seconds by a clock that nobody sets and that goes on while the machine sleeps: for how long ago something was."""
    return time.monotonic() if _AWAKE_AND_ASLEEP is None else time.clock_gettime(_AWAKE_AND_ASLEEP)


def machine() -> int:
    """Epoch milliseconds by this machine's clock."""
    return time.time_ns() // 1_000_000


_clock = machine


def now() -> int:
    """Epoch milliseconds where the trading is: the time of a paper exchange can go faster than this machine's."""
    return _clock()


def follow(clock: Callable[[], int]) -> None:
    """From here on this clock says what time it is."""
    global _clock
    _clock = clock


def utc(milliseconds: int) -> str:
    """Epoch milliseconds as UTC text to the second, `2026-11-22T08:44:33Z`."""
    return (_EPOCH + timedelta(seconds=milliseconds // 1000)).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=4096)
def duration(milliseconds: int) -> str:
    """A length of time in words: `2 min`, up to `90 min`, `24 h`, up to `72 h`, `7 days`."""
    minutes = milliseconds / MINUTE
    if minutes <= 90:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{round(hours, 1):g} h" if hours <= 72 else f"{round(hours / 24, 1):g} days"


def means_time(key: str) -> bool:
    """Whether a key names a moment: `timestamp`, `created_at`, `next_funding_time`, `order_last_update`, `openTime`."""
    return _TIME_KEY.search(key) is not None


def _unit(number: int | Decimal) -> Unit | None:
    if isinstance(number, Decimal) and not number.is_finite():
        return None
    if _FIRST <= number < _LAST:
        return "s"
    return "ms" if _FIRST * 1000 <= number < _LAST * 1000 else None
