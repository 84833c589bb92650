"""JSON text in which every number keeps all its digits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, NoReturn


def dumps(value: Any) -> bytes:
    """JSON of None, bool, str, int, float, Decimal, and of lists and dicts of them.

    Raises:
        ValueError: a number is infinite or NaN.
        TypeError: a value has no JSON form.
    """
    return "".join(_chunks(value)).encode()


def loads(text: bytes, *, yielding: bool = False) -> Any:
    """Any JSON value, its numbers as int or Decimal. In a thread, `yielding` lets the other threads go on.

    Raises:
        ValueError: it isn't JSON, which has neither NaN nor Infinity.
    """
    try:
        if yielding:  # Python's own functions are where a thread can be interrupted; the parser in C has none
            return json.loads(
                text,
                parse_float=lambda digits: Decimal(digits),
                parse_int=lambda digits: int(digits),
                parse_constant=_refuse,
                object_pairs_hook=lambda pairs: dict(pairs),
            )
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError("too large to read") from error


def _chunks(value: Any) -> Iterator[str]:
    if value is None or isinstance(value, bool | str | int):
        yield json.dumps(value, ensure_ascii=False)
    elif isinstance(value, Decimal | float):
        if not isfinite(value):
            raise ValueError(f"{value} is not a JSON number")
        yield str(value)
    elif isinstance(value, Mapping):
        yield "{"
        for index, (key, item) in enumerate(value.items()):
            if not isinstance(key, str):
                raise TypeError(f"the key of a JSON object is text, not {type(key).__name__}")
            yield f"{',' if index else ''}{json.dumps(key, ensure_ascii=False)}:"
            yield from _chunks(item)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _chunks(item)
        yield "]"
    else:
        raise TypeError(f"{type(value).__name__} has no JSON form")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
