"""How an answer of the API is read: what is needed of it must be there and of its type, the rest may be anything.

A reading takes a JSON value and gives what it means, or raises UnexpectedShape, whose path grows on its way out through
lists and objects. `Installation.read` alone applies one to an answer, and makes UnreadableAnswer of what it raises.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

from hbmcp import figures
from hummingbot_api.decode import anything, array, boolean, mapping, optional, text
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json

__all__ = [
    "Fields",
    "Reading",
    "anything",
    "array",
    "boolean",
    "data",
    "mapping",
    "moment",
    "number",
    "optional",
    "record",
    "text",
    "under",
]

T = TypeVar("T")
Reading = Callable[[Json], T]

_LONGEST = 100  # digits before or after the point: what has more would fill the memory once it is written out


class Fields:
    """The fields of a JSON object."""

    __slots__ = ("_fields",)

    def __init__(self, value: Json) -> None:
        self._fields = record(value)

    def needed(self, name: str, reading: Reading[T]) -> T:
        """A field without which the object means nothing. Raises UnexpectedShape."""
        if name not in self._fields:
            raise UnexpectedShape(name, "a value", ...)
        try:
            return reading(self._fields[name])
        except UnexpectedShape as problem:
            raise problem.within(name) from None

    def given(self, name: str, reading: Reading[T]) -> T | None:
        """A field that may be absent or null, which is None. Raises UnexpectedShape for anything else."""
        return None if self._fields.get(name) is None else self.needed(name, reading)

    def known(self, name: str, reading: Reading[T]) -> T | None:
        """A field that can be done without: None where it is absent, null, or not what it should be."""
        value = self._fields.get(name)
        try:
            return None if value is None else reading(value)
        except UnexpectedShape:
            return None


def record(value: Json) -> dict[str, Any]:
    """An object, whatever its fields."""
    return value if isinstance(value, dict) else _refuse("an object", value)


def number(value: Json) -> Decimal:
    """A number, or a string of one."""
    found = figures.number(value)
    if found is None or abs(found.adjusted()) > _LONGEST:
        return _refuse("a number", value)
    return found


def moment(value: Json) -> int:
    """Epoch milliseconds of an ISO time, UTC where it has no zone."""
    try:
        found = datetime.fromisoformat(value)
        return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return _refuse("an ISO time", value)


def under(name: str, reading: Reading[T]) -> Reading[T]:
    """What stands under a name."""
    return lambda value: Fields(value).needed(name, reading)


def data(row: Reading[T]) -> Reading[list[T]]:
    """The rows of a page."""
    return under("data", array(row))


def _refuse(expected: str, got: Json) -> NoReturn:
    raise UnexpectedShape("", expected, got)
