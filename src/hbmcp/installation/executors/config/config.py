"""A checked configuration of an executor, and the forms that it takes."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.figures import plain
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config.fields import TYPES, Field


@frozen
class Config:
    """`values`: numbers as Decimal or int, enums by name, nested objects as they are.

    `applied` is what of it the saved defaults gave, by dotted name; `levels` how many of a grid it was worked out from.
    """

    kind: str
    values: Mapping[str, Any]
    applied: Mapping[str, Any]
    levels: int | None = None

    def get(self, place: str) -> Any:
        """The value of a dotted name, or the API's default."""
        value: Any = self.values
        for step in place.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        return default_of(self.kind, place) if value is None else value

    @property
    def markets(self) -> list[tuple[str, str]]:
        """Every (connector, pair) that it trades on."""
        sides = [self.values[name] for name in ("buying_market", "selling_market") if name in self.values]
        return [(one["connector_name"], one["trading_pair"]) for one in sides or [self.values]]

    @property
    def perpetual(self) -> bool:
        """Whether it trades on a perpetual exchange."""
        return any(is_perpetual(connector) for connector, _ in self.markets)

    @property
    def sent(self) -> dict[str, Any]:
        """As the API takes it: numbers as strings with all their digits, enums as its own values."""
        own = {name: value for name, value in self.values.items() if name != "controller_id"}
        return {"type": self.kind, **_sent(own, TYPES[self.kind].fields)}


def default_of(kind: str, place: str) -> Any:
    """The API's default of a dotted name, a number as a Decimal or int."""
    field = next((field for name, field in TYPES[kind].leaves() if name == place), None)
    if field is None or field.default is None:
        return None
    return Decimal(field.default) if field.kind == "number" else field.default


def as_saved(values: Mapping[str, Any]) -> dict[str, Any]:
    """As it is saved, in JSON: enums by name, numbers as strings with all their digits."""
    return {name: _each(value, lambda one: format(one, "f")) for name, value in values.items()}


def as_shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """As it is shown, numbers as numbers."""
    return {name: _each(value, plain) for name, value in values.items()}


def by_dotted_name(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """What is set, by dotted name."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from by_dotted_name(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _sent(values: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    return {name: _wire(known[name], value) for name, value in values.items()}


def _wire(field: Field, value: Any) -> Any:
    match field.kind:
        case "object":
            return _sent(value, field.fields)
        case "enum":
            return field.names[value]
        case "any_object":
            return value
        case _:
            return _each(value, lambda one: format(one, "f"))


def _each(value: Any, change: Callable[[Decimal], Any]) -> Any:
    """The same with every Decimal in it changed."""
    if isinstance(value, Mapping):
        return {name: _each(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_each(one, change) for one in value]
    return change(value) if isinstance(value, Decimal) else value
