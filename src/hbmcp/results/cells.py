"""One value as text: a cell of a table, or compact JSON."""

import re
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring as quote

from hbmcp import times
from hbmcp.errors.reasons import REQUEST_FAILED, in_words
from hbmcp.results.paths import Json, Way
from hbmcp.text import visible

NUMBERS = (int, Decimal, float)
NESTED = (dict, list)
ABSENT = "-"
ERRORS = frozenset({"error_message", "last_error", "error", "message", "detail"})  # keys of what went wrong
ISO_UTC = re.compile(r"[0-9]{4}(?:-[0-9]{2}){2}T[0-9]{2}(?::[0-9]{2}){2}(?:\.[0-9]{1,9})?(?:Z|\+00:00)")

_WORD = re.compile(r"[\w/@+$-]+")
_QUOTED = re.compile(r'\s|["{\[#]|(?:-|null|true|false)\Z')  # matched at the start
_SPACE = re.compile(r"\s")
_PLACES = 18  # of a number on either side of its point; no coin has more


def cell(value: Json) -> str:
    """A value as a cell of a table."""
    if value is None:
        return ABSENT
    if isinstance(value, str):
        text = visible(value)
        if ISO_UTC.fullmatch(text):
            return text.replace("+00:00", "Z")
        return quote(text) if not text or _QUOTED.match(text) or _SPACE.search(text) else text
    if isinstance(value, NUMBERS) and not isinstance(value, bool):
        return _json_number(value)
    return compact(value)


def compact(value: Json) -> str:
    """Compact JSON, strings cleaned, epoch times readable under marked keys."""
    if isinstance(value, str):
        text = visible(value)
        return f'"{text.replace("+00:00", "Z")}"' if ISO_UTC.fullmatch(text) else quote(text)
    if isinstance(value, dict):
        return f"{{{','.join(_member(str(key), inner) for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(compact, value))}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json_number(value)


def digits(value: int | float | Decimal) -> str:
    """All digits of a number, without an exponent where that is no longer than _PLACES."""
    text = str(value)
    if ("E" in text or "e" in text) and -_PLACES <= (exact := Decimal(text)).adjusted() <= _PLACES:
        text = f"{exact:f}"
    return text.removesuffix(".0")


def worded(error: Json) -> Json:
    """What stands under a key of ERRORS: where it repeats what an exchange answered, only its words."""
    return in_words(error) if isinstance(error, str) and REQUEST_FAILED in error else error


def plain(value: Json) -> str:
    """A value by itself: a string as it is, anything else as JSON."""
    return visible(value) if isinstance(value, str) else compact(value)


def name(way: Way) -> str:
    """The name of a table or column."""
    return ".".join(map(key, way))


@lru_cache(maxsize=2048)
def key(text: str) -> str:
    """One part of such a name."""
    text = visible(text)
    return text if _WORD.fullmatch(text) else quote(text)


def _member(key: str, value: Json) -> str:
    if not isinstance(value, NESTED) and times.means_time(key) and (epoch := times.epoch(value)):
        return f'{quote(visible(f"{key}({epoch[1]})"))}:"{epoch[0]}"'
    return f"{quote(visible(key))}:{compact(worded(value) if key in ERRORS else value)}"


def _json_number(value: Json) -> str:
    """A number; what isn't one of JSON (NaN, Infinity) as a JSON string."""
    text = digits(value)
    return text if text[-1].isdigit() else f'"{text}"'
