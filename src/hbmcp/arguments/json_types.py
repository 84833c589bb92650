"""The kinds of value that a schema's `type` names, and what can be read as one of them.

Each converter in TO gives the value that was meant, or the same object where it can't be told. They raise Misfit where
a value is of the right kind and still can't be taken.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any, TypeAlias

from hbmcp.text import visible

Schema: TypeAlias = Mapping[str, Any]

EXACT_DIGITS = 15  # of a decimal that survives a binary float
LARGEST_FLOAT_INTEGER = 2**53
LARGEST_EXPONENT = 80  # 2**256, the largest amount of a token, has 78 digits

_NUMBER = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?")
_INTEGER = re.compile(r"[+-]?\d{1,80}(\.0{0,20})?")
_NOT_FINITE = "NaN and Infinity aren't numbers here"


class Misfit(Exception):
    """A value that can't be taken; str() says why, without its place."""


def kinds_of(schema: Schema) -> Sequence[str]:
    """The `type` of a schema as a list, empty where it has none."""
    kinds = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else kinds


def exact(value: Any) -> Any:
    """A free-form value with its floats as the Decimals they are written as, however many digits. Raises Misfit."""
    if isinstance(value, float):
        if not isfinite(value):
            raise Misfit(_NOT_FINITE)
        return Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise Misfit(_NOT_FINITE)
    if isinstance(value, Mapping):
        return {name: exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [exact(one) for one in value]
    return value


def _to_number(value: Any) -> Any:
    """A Decimal for everything that is a number."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise Misfit(_NOT_FINITE)
        number = Decimal(repr(value))
        if len(number.normalize().as_tuple().digits) > EXACT_DIGITS:
            raise Misfit(f'has too many digits for a JSON number; send it as a string: "{number}"')
    elif isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        return value
    if not number.is_finite():
        raise Misfit(_NOT_FINITE)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Misfit("is too large or too small a number")
    return number


def _to_integer(value: Any) -> Any:
    if isinstance(value, float) and isfinite(value) and value == int(value):
        if abs(value) > LARGEST_FLOAT_INTEGER:
            raise Misfit("has too many digits for a JSON number with a point; send it without one")
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() <= LARGEST_EXPONENT:
        return int(value) if value == int(value) else value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(Decimal(value.strip()))
    return value


def _to_boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _to_string(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = _to_number(value)
    return format(number, "f") if not isinstance(value, float) else format(number.normalize(), "f")


def _to_object(value: Any) -> Any:
    return _from_json(value, "{", "an object") if isinstance(value, str) else value


def _to_array(value: Any) -> Any:
    if value is None or isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [value]
    parsed = _from_json(value, "[", "a list")
    if parsed is not value:
        return parsed
    if "," in value and "{" not in value:
        several = visible(json.dumps([one.strip() for one in value.split(",")], ensure_ascii=False))
        raise Misfit(f"looks like several values; send a list: {several}")
    return [value]


def _from_json(text: str, opening: str, what: str) -> Any:
    """What a JSON text means, or the same text when it isn't one."""
    if not text.lstrip().startswith(opening):
        return text
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Misfit(f"looks like {what} in JSON, but isn't valid JSON; send {what} itself") from None


TO: dict[str, Callable[[Any], Any]] = {
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "string": _to_string,
    "object": _to_object,
    "array": _to_array,
    "null": lambda value: value,
}
IS: dict[str, Callable[[Any], bool]] = {
    "number": lambda value: isinstance(value, int | float | Decimal) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}
