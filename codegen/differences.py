"""One operation in two contracts -> how the two differ, as a tool call that worked before sees it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from attrs import evolve, field, frozen

from codegen.contract import Body, Contract, Operation, Parameter, Schema, schema_name

Direction = Literal["sent", "answered"]


@frozen
class Difference:
    """One thing that changed: `where` ("query limit", "body legs[].side", "answer data[].price") and what about it.

    Breaking: a call that worked before may now be refused or do something else, or its answer may lack what it had.
    """

    where: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def differences(before: Operation, old: Contract, after: Operation, new: Contract) -> tuple[Difference, ...]:
    """How the operation `after` of the contract `new` differs from `before` of `old`."""
    comparison = _Comparison(old, new)
    comparison.operation(before, after)
    return tuple(dict.fromkeys(comparison.found))


_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT = ("format", "pattern", "multipleOf", "uniqueItems", "contentMediaType", "contentEncoding")
_BOUNDS = (*_LOWER, *_UPPER, *_EXACT)
_STRUCTURE = {"type", "enum", "const", "default", "properties", "required", "items", "additionalProperties",
              "$ref", "allOf", "anyOf", "oneOf", *_BOUNDS}  # fmt: skip
_ABSENT = object()
_ANYTHING: Schema = {}  # always the same one, so that a comparison with it is known again


@frozen
class _Shape:
    """A schema as far as it is compared: references followed, allOf and unions of simple types merged into one."""

    types: frozenset[str] = frozenset()  # none: any
    enum: tuple[Any, ...] | None = None
    default: Any = _ABSENT
    bounds: Mapping[str, Any] = field(factory=dict)
    properties: Mapping[str, Schema] = field(factory=dict)
    required: frozenset[str] = frozenset()
    items: Schema | None = None
    extra: Schema | bool = True
    variants: tuple[Schema, ...] = ()  # of a union that has several objects or lists
    other: Mapping[str, Any] = field(factory=dict)  # keywords compared as they are

    def __str__(self) -> str:
        names = [
            name for name in ("object", "array", "string", "number", "integer", "boolean", "null") if name in self.types
        ]
        return " or ".join("list" if name == "array" else name for name in names) or "anything"


class _Comparison:
    """Of one operation in two contracts. A pair of schemas that has been compared in it isn't compared again."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self.old = old.schemas
        self.new = new.schemas
        self.found: list[Difference] = []
        self.pending: deque[tuple[Schema, Schema, str]] = deque()
        self.seen: set[tuple[str | int, str | int, Direction]] = set()

    def operation(self, old: Operation, new: Operation) -> None:
        self.parameters(old.parameters, new.parameters)
        self.body(old.body, new.body)
        self.answer(old, new)
        if new.deprecated != old.deprecated:
            self.add("operation", "now deprecated" if new.deprecated else "no longer deprecated", breaking=False)

    def add(self, where: str, what: str, *, breaking: bool) -> None:
        self.found.append(Difference(where, what, breaking))

    def parameters(self, old: Iterable[Parameter], new: Iterable[Parameter]) -> None:
        before = {(parameter.location, parameter.name): parameter for parameter in old}
        after = {(parameter.location, parameter.name): parameter for parameter in new}
        for place, parameter in before.items():
            where = " ".join(place)
            if place not in after:
                self.add(where, "removed", breaking=True)
                continue
            other = after[place]
            self.necessity(where, parameter.required, other.required)
            if (parameter.style, parameter.explode) != (other.style, other.explode):
                self.add(where, "written another way (style or explode)", breaking=False)  # the client sees to it
            if parameter.is_json != other.is_json:
                self.add(where, "now JSON text" if other.is_json else "no longer JSON text", breaking=False)
            self.schema(parameter.schema, other.schema, where, "sent")
        for place, parameter in after.items():
            if place not in before:
                self.appeared(" ".join(place), parameter.required, parameter.schema)

    def body(self, old: Body | None, new: Body | None) -> None:
        if old is None or new is None:
            if old is not None:
                self.add("body", "removed", breaking=True)
            if new is not None:
                self.appeared("body", new.required, new.schema)
            return
        self.necessity("body", old.required, new.required)
        if old.media_type != new.media_type:
            self.add("body", f"sent as {new.media_type}, was {old.media_type}", breaking=False)
        if old.encoding != new.encoding:
            self.add("body", "fields written another way (encoding)", breaking=False)
        self.schema(old.schema, new.schema, "body", "sent")

    def answer(self, old: Operation, new: Operation) -> None:
        if old.status != new.status:
            self.add("answer", f"status {new.status}, was {old.status}", breaking=False)
        if old.response is None or new.response is None:
            if old.response is not None:
                self.add("answer", "no longer JSON", breaking=True)
            if new.response is not None:
                self.add("answer", "now JSON", breaking=False)
            return
        self.schema(old.response, new.response, "answer", "answered")

    def appeared(self, where: str, required: bool, schema: Schema) -> None:
        shape = _shape(schema, self.new)
        if required:
            self.add(where, f"added, required ({shape})", breaking=True)
            return
        default = "" if shape.default in (_ABSENT, None) else f", default {_shown(shape.default)}"
        self.add(where, f"added{default} ({evolve(shape, types=shape.types - {'null'})})", breaking=False)

    def necessity(self, where: str, before: bool, after: bool) -> None:
        if before != after:
            self.add(where, "now required" if after else "no longer required", breaking=after)

    def schema(self, before: Schema, after: Schema, where: str, direction: Direction) -> None:
        """Compares two schemas and all within them, level by level: what recurs is reported where it is nearest."""
        self.pending.append((before, after, where))
        while self.pending:
            before, after, where = self.pending.popleft()
            pair = (_identity(before), _identity(after), direction)
            if pair not in self.seen:
                self.seen.add(pair)
                self.shapes(_shape(before, self.old), _shape(after, self.new), where, direction)

    def shapes(self, old: _Shape, new: _Shape, where: str, direction: Direction) -> None:
        self.types(old, new, where, direction)
        if old.other != new.other:
            names = sorted(name for name in {*old.other, *new.other} if old.other.get(name) != new.other.get(name))
            self.add(where, f"changed in {', '.join(names)}", breaking=True)
        self.properties(old, new, where, direction)
        if old.items is not None and new.items is not None:
            self.pending.append((old.items, new.items, f"{where}[]"))
        self.extra(old, new, where, direction)
        self.variants(old, new, where, direction)

    def types(self, old: _Shape, new: _Shape, place: str, direction: Direction) -> None:
        """All that one value may be: type, enum, bounds, default."""
        if old.types != new.types:
            wider, narrower = _covers(new.types, old.types), _covers(old.types, new.types)
            harmless = wider if direction == "sent" else narrower
            self.add(place, f"{new}, was {old}", breaking=not harmless)
        if old.enum != new.enum:
            self.enums(old.enum, new.enum, place, direction)
        if direction == "answered":
            return  # what bounds an answer, or is its default, is nothing that a call depends on
        for name in _BOUNDS:
            before, after = old.bounds.get(name), new.bounds.get(name)
            if before != after:
                change = f"now {_shown(after)}" if before is None else f"{_shown(after)}, was {_shown(before)}"
                change = f"no longer {_shown(before)}" if after is None else change
                self.add(place, f"{name} {change}", breaking=_tighter(name, before, after))
        if not _same(old.default, new.default):
            before, after = (
                "none" if default in (_ABSENT, None) else _shown(default) for default in (old.default, new.default)
            )
            self.add(place, f"default {after}, was {before}", breaking=old.default not in (_ABSENT, None))

    def enums(self, old: tuple[Any, ...] | None, new: tuple[Any, ...] | None, place: str, direction: Direction) -> None:
        if old is None or new is None:
            what = f"no longer only {_list(old or ())}" if new is None else f"only {_list(new)}, was any"
            self.add(place, what, breaking=direction == "sent" and new is not None)
            return
        if lost := [value for value in old if value not in new]:
            self.add(place, f"no longer {_list(lost)}", breaking=direction == "sent")
        if gained := [value for value in new if value not in old]:
            self.add(place, f"also {_list(gained)}", breaking=False)  # a model can read a word that it hasn't seen

    def properties(self, old: _Shape, new: _Shape, where: str, direction: Direction) -> None:
        for name, schema in old.properties.items():
            place = _inside(where, name)
            if name not in new.properties:
                self.add(place, "removed", breaking=True)
                continue
            was, now = name in old.required, name in new.required
            if direction == "sent":
                self.necessity(place, was, now)
            elif was != now:
                self.add(place, "always there" if now else "no longer always there", breaking=was)
            self.pending.append((schema, new.properties[name], place))
        for name, schema in new.properties.items():
            if name in old.properties:
                continue
            if direction == "sent":
                self.appeared(_inside(where, name), name in new.required, schema)
            else:
                self.add(_inside(where, name), f"added ({_shape(schema, self.new)})", breaking=False)

    def extra(self, old: _Shape, new: _Shape, where: str, direction: Direction) -> None:
        """Properties of any name."""
        if (old.extra is False) != (new.extra is False):
            closed = new.extra is False
            what = "no further fields allowed" if closed else "further fields allowed"
            self.add(where, what, breaking=closed and direction == "sent")
        elif isinstance(old.extra, dict) or isinstance(new.extra, dict):
            before, after = (extra if isinstance(extra, dict) else _ANYTHING for extra in (old.extra, new.extra))
            self.pending.append((before, after, _inside(where, "*")))

    def variants(self, old: _Shape, new: _Shape, where: str, direction: Direction) -> None:
        """Unions of objects: variants are the same by name, else by position."""
        before, after = _named(old.variants), _named(new.variants)
        for name, schema in before.items():
            if name in after:
                self.pending.append((schema, after[name], where))
            else:
                self.add(where, f"no longer {name}", breaking=direction == "sent")
        for name in after:
            if name not in before:
                self.add(where, f"also {name}", breaking=False)


def _inside(where: str, name: str) -> str:
    return f"{where} {name}" if where in ("body", "answer") else f"{where}.{name}"


def _identity(schema: Schema) -> str | int:
    return str(schema["$ref"]) if schema.keys() == {"$ref"} else id(schema)


def _shape(schema: Schema, schemas: Mapping[str, Schema], within: tuple[str, ...] = ()) -> _Shape:
    parts = [_own(schema)]
    if "$ref" in schema and schema["$ref"] not in within:
        target = schemas[schema_name(schema["$ref"])]
        parts.append(_shape(target, schemas, (*within, schema["$ref"])))
    parts += [_shape(part, schemas, within) for part in schema.get("allOf", ())]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            parts.append(_union(schema[union], schemas, within))
    result = parts[0]
    for part in parts[1:]:
        result = _both(result, part)
    return result


def _own(schema: Schema) -> _Shape:
    """What a schema says itself."""
    kind = schema.get("type", [])
    extra = schema.get("additionalProperties", True)
    enum = [schema["const"]] if "const" in schema else schema.get("enum")
    return _Shape(
        types=frozenset([kind] if isinstance(kind, str) else kind),
        enum=None if enum is None else tuple(enum),
        default=schema.get("default", _ABSENT),
        bounds={name: schema[name] for name in _BOUNDS if name in schema},
        properties=schema.get("properties", {}),
        required=frozenset(schema.get("required", ())),
        items=schema.get("items"),
        extra=True if extra == {} else extra,
        other={name: value for name, value in schema.items() if name not in _STRUCTURE},
    )


def _both(one: _Shape, two: _Shape) -> _Shape:
    """What satisfies both, near enough: where they contradict each other, the first one counts."""
    return _Shape(
        types=one.types & two.types or one.types or two.types,
        enum=two.enum if one.enum is None else one.enum,
        default=two.default if one.default is _ABSENT else one.default,
        bounds={**two.bounds, **one.bounds},
        properties={**two.properties, **one.properties},
        required=one.required | two.required,
        items=two.items if one.items is None else one.items,
        extra=two.extra if one.extra is True else one.extra,
        variants=one.variants + two.variants,
        other={**two.other, **one.other},
    )


def _union(variants: Iterable[Schema], schemas: Mapping[str, Schema], within: tuple[str, ...]) -> _Shape:
    """Any of them: simple types merged into one shape, the only object or list with it, several kept apart."""
    shapes = [(_shape(variant, schemas, within), variant) for variant in variants]
    types = frozenset[str]().union(*(shape.types for shape, _ in shapes))
    if any(not shape.types for shape, _ in shapes):
        types = frozenset()
    complex_ones = [(shape, variant) for shape, variant in shapes if shape.types & {"object", "array"}]
    simple = [shape for shape, _ in shapes if not shape.types & {"object", "array"} and shape.types != {"null"}]
    result = complex_ones[0][0] if len(complex_ones) == 1 else _Shape()
    for shape in simple:
        result = evolve(result, bounds={**shape.bounds, **result.bounds}, other={**shape.other, **result.other})
    enums = [shape.enum for shape in simple if shape.enum is not None]
    if not complex_ones and simple and len(enums) == len(simple):
        result = evolve(result, enum=tuple(value for enum in enums for value in enum))
    apart = tuple(variant for _, variant in complex_ones) if len(complex_ones) > 1 else result.variants
    return evolve(result, types=types, variants=apart)


def _named(variants: Iterable[Schema]) -> dict[str, Schema]:
    return {
        schema_name(variant["$ref"]) if "$ref" in variant else f"variant {index}": variant
        for index, variant in enumerate(variants, 1)
    }


def _covers(wide: frozenset[str], narrow: frozenset[str]) -> bool:
    """Whether every value of the one is one of the other. No types: any."""
    numbers = {"integer"} if "number" in wide else set()
    return not wide or (bool(narrow) and narrow <= wide | numbers)


def _tighter(name: str, before: Any, after: Any) -> bool:
    """Whether a bound now refuses what it allowed."""
    if after is None:
        return False
    if before is None or name in _EXACT:
        return True
    return bool(after > before if name in _LOWER else after < before)


def _same(one: Any, two: Any) -> bool:
    """Whether two defaults are; to have null as default is to have none."""
    one, two = (None if default is _ABSENT else default for default in (one, two))
    return bool(one == two) and isinstance(one, bool) == isinstance(two, bool)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[Any]) -> str:
    """The first few of them."""
    few = 5
    text = ", ".join(_shown(value) for value in values[:few])
    return text if len(values) <= few else f"{text}, … ({len(values)})"
