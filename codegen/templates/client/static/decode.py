"""JSON -> Python, checked. A decoder takes a JSON value and returns it typed, or raises UnexpectedShape."""

from __future__ import annotations

from collections.abc import Callable, Container
from decimal import Decimal
from typing import Any, NoReturn, TypeVar, get_args

from hummingbot_api.absent import ABSENT, Absent
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import File

T = TypeVar("T")
Decoder = Callable[[Any], T]


def anything(value: Any) -> Any:
    return value


def nothing(value: Any) -> None:
    return None if value is None else _refuse("null", value)


def text(value: Any) -> str:
    return value if isinstance(value, str) else _refuse("a string", value)


def boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else _refuse("true or false", value)


def integer(value: Any) -> int:
    """A whole number, also when it is written as 5.0."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() < 64 and value == int(value):
        return int(value)
    return _refuse("a whole number", value)


def decimal(value: Any) -> Decimal:
    """A number with all its digits. A float, which only Python code has, means its shortest notation."""
    if isinstance(value, float):
        value = Decimal(repr(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    return _refuse("a number", value)


def number_or_text(value: Any) -> Decimal:
    """A number that may be written as a string to keep its digits."""
    if not isinstance(value, str):
        return decimal(value)
    try:
        return decimal(Decimal(value))
    except ArithmeticError:
        return _refuse("a number", value)


def file(value: Any) -> File:
    """A file, or the text of one."""
    return value if isinstance(value, File) else File(text(value).encode())


def octets(value: Any) -> bytes:
    """Bytes, or text as UTF-8."""
    return value if isinstance(value, bytes) else text(value).encode()


def literal(alias: Any) -> Decoder[Any]:
    """One of the values of a `Literal`."""
    values = get_args(alias)
    expected = "one of " + ", ".join(map(repr, values)) if len(values) > 1 else repr(values[0])

    def decode(value: Any) -> Any:
        if any(value == known and type(value) is type(known) for known in values):
            return value
        return _refuse(expected, value)

    return decode


def array(item: Decoder[T]) -> Decoder[list[T]]:
    def decode(value: Any) -> list[T]:
        if not isinstance(value, list):
            return _refuse("an array", value)
        return [_at(f"[{index}]", item, element) for index, element in enumerate(value)]

    return decode


def mapping(item: Decoder[T]) -> Decoder[dict[str, T]]:
    """An object with any keys."""

    def decode(value: Any) -> dict[str, T]:
        if not isinstance(value, dict):
            return _refuse("an object", value)
        return {key: _at(key, item, element) for key, element in value.items()}

    return decode


def optional(item: Decoder[T]) -> Decoder[T | None]:
    """Null, or what `item` decodes."""
    return lambda value: None if value is None else item(value)


def union(*alternatives: Decoder[Any]) -> Decoder[Any]:
    """The first alternative that fits, and of those that are sent one that nothing of the value is lost in."""

    def decode(value: Any) -> Any:
        problems, fitting = [], []
        for alternative in alternatives:
            try:
                decoded = alternative(value)
            except UnexpectedShape as problem:
                problems.append(problem)
                continue
            if _holds(decoded, value):
                return decoded
            fitting.append(decoded)
        if fitting:
            return fitting[0]
        deepest = max(problems, key=lambda problem: len(problem.path))
        if deepest.path:
            raise deepest
        return _refuse(" or ".join(dict.fromkeys(problem.expected for problem in problems)), value)

    return decode


class Fields:
    """The fields of a JSON object, decoded one by one. Keys that nobody asks for are ignored."""

    __slots__ = ("_data",)

    def __init__(self, data: Any) -> None:
        self._data: dict[str, Any] = data if isinstance(data, dict) else _refuse("an object", data)

    def required(self, name: str, decode: Decoder[T]) -> T:
        return _at(name, decode if name in self._data else _missing, self._data.get(name))

    def optional(self, name: str, decode: Decoder[T]) -> T | None:
        """None where the field is absent or null."""
        value = self._data.get(name)
        return None if value is None else _at(name, decode, value)

    def given(self, name: str, decode: Decoder[T]) -> T | Absent:
        """ABSENT where the field is; null is for the decoder."""
        return _at(name, decode, self._data[name]) if name in self._data else ABSENT

    def others(self, known: Container[str], decode: Decoder[T]) -> dict[str, T]:
        """All fields but the known ones."""
        return {name: _at(name, decode, value) for name, value in self._data.items() if name not in known}


def _at(step: str, decode: Decoder[T], value: Any) -> T:
    try:
        return decode(value)
    except UnexpectedShape as problem:
        raise problem.within(step) from None


def _holds(decoded: Any, value: Any) -> bool:
    """Whether all fields of a JSON value would be sent again."""
    if hasattr(decoded, "to_dict"):
        decoded = decoded.to_dict()
    elif isinstance(decoded, list) and isinstance(value, list):
        return all(map(_holds, decoded, value))
    if not isinstance(decoded, dict) or not isinstance(value, dict):
        return True
    return all(item is None or (name in decoded and _holds(decoded[name], item)) for name, item in value.items())


def _missing(_: Any) -> NoReturn:
    _refuse("a value", ...)


def _refuse(expected: str, got: Any) -> NoReturn:
    raise UnexpectedShape("", expected, got)
