"""Schemas of a contract -> the plain schemas that openapi-python-client's parser takes without loss.

The parser reads a subset of JSON Schema, and renames what it reads. So it gets ordinals instead of names (`M3` for
a class, `p0` for a property), objects and enums only as components, and of the keywords only those that make a
type. `Lowering.named` says what each component stands for, so that our names are put back afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from attrs import define, field, frozen

from codegen.contract import Schema, schema_name
from codegen.names import pascal

ANY: Schema = {}
NULL: Schema = {"type": "null"}
#: A decimal that servers read from a number or, exactly, from a string.
NUMBER_OR_TEXT: Schema = {"type": "number", "description": "or text"}

_OBJECT_KEYWORDS = frozenset({"properties", "additionalProperties", "patternProperties"})
_COMBINING = frozenset({"anyOf", "oneOf", "allOf", "$ref"})
#: Keywords that give a schema a type of its own. All others only narrow one.
_STRUCTURE = _OBJECT_KEYWORDS | _COMBINING | {"type", "required", "items", "prefixItems", "enum", "const"}
_KEPT = _STRUCTURE | {"format", "contentMediaType"}
_MOST_ALTERNATIVES = 32
_DEEPEST = 1  # how often a schema may be merged inside of itself, for its base class may be used again there


@frozen
class Fallback:
    """Something that the client expresses less exactly than the contract does."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@frozen
class Property:
    """A property of an object: its name in the contract, and who may send it."""

    name: str
    read_only: bool
    write_only: bool


@define
class Component:
    """What one `M3` stands for: an object (a class if it has properties), an enum, or an alias of anything else."""

    title: str
    schema_name: str | None  # None: it has no name of its own in the contract
    lowered: Schema = field(factory=dict)
    properties: tuple[Property, ...] = ()
    values: tuple[str | int, ...] = ()
    recursive: bool = False

    @property
    def is_class(self) -> bool:
        return bool(self.properties) or self.recursive

    @property
    def is_named(self) -> bool:
        """Whether it has a name in Python: a class, or an enum with a name in the contract."""
        return self.is_class or bool(self.values and self.schema_name)


class _ContradictionError(Exception):
    """Two parts of an allOf that no value satisfies, or that we can't put together."""


class Lowering:
    """Lowers schemas one after another, and collects the components that they need."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self.schemas = schemas
        self.components: dict[str, Component] = {}
        self.fallbacks: list[Fallback] = []
        self._of_schema: dict[str, str] = {}
        self._inside: tuple[str, ...] = ()  # the schemas whose parts are just being put together

    def lower(self, schema: Schema, title: str, place: str) -> Schema:
        """The plain form of `schema`; `title` names a class that has no name yet, `place` is for people."""
        schema = {key: value for key, value in schema.items() if key in _KEPT}
        if "$ref" in schema or "allOf" in schema:
            return self._all_of(schema, title, place)
        if "anyOf" in schema or "oneOf" in schema:
            return self._any_of(schema, title, place)
        if "const" in schema:
            schema = {"enum": [schema["const"]]}
        if "enum" in schema:
            return self._enum(schema["enum"], place)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._one_of_lowered([self.lower({**schema, "type": one}, title, place) for one in kind])
        if kind == "object" or (kind is None and schema.keys() & _OBJECT_KEYWORDS):
            return self._component(Component(title, None), schema, place)
        if kind == "array" or (kind is None and schema.keys() & {"items", "prefixItems"}):
            return {"type": "array", "items": self._items(schema, title, place)}
        if kind == "string":
            binary = schema.get("format") == "binary" or "contentMediaType" in schema
            return {"type": "string", "format": "binary"} if binary else {"type": "string"}
        if kind in ("number", "integer", "boolean", "null"):
            return {"type": kind}
        if kind is not None:
            return self._give_up(place, f"{kind!r} is no type of JSON Schema")
        return ANY

    def reference(self, name: str) -> Schema:
        """A `$ref` to a named schema of the contract, lowered when it is first referred to."""
        if name not in self._of_schema:
            component = Component(pascal(name), name)
            self._of_schema[name] = self._register(component)
            place = f"schema {name}"
            schema = {key: value for key, value in self.schemas[name].items() if key in _KEPT}
            if _is_plain_object(schema):
                self._object(component, schema, place)
            elif _is_plain_enum(schema):
                component.values = tuple(schema["enum"])
                component.lowered = {"enum": schema["enum"]}
            else:
                component.lowered = self.lower(schema, component.title, place)
                for made in _references(component.lowered):
                    if self.components[made].title == component.title and self.components[made].schema_name is None:
                        self.components[made].schema_name = name
        return _ref(self._of_schema[name])

    def finish(self) -> None:
        """Cut what contains itself without a class in between, which no annotation can say, and follow aliases."""
        while circle := self._circle():
            objects = [key for key in circle if self.components[key].lowered.get("type") == "object"]
            if objects:
                self.components[objects[0]].recursive = True
                continue
            component = self.components[circle[0]]
            component.lowered = self._give_up(f"schema {component.schema_name}", "contains itself without an object")
        for component in self.components.values():
            component.lowered = self._direct(component.lowered)

    def direct(self, lowered: Schema) -> Schema:
        """The same schema, its references never to a mere other name."""
        result: Schema = self._direct(lowered)
        return result

    def give_up(self, key: str, reason: str) -> None:
        """Make a component any JSON value."""
        component = self.components[key]
        component.lowered = self._give_up(f"schema {component.schema_name or component.title}", reason)
        component.properties, component.values, component.recursive = (), (), False

    # One kind of schema each

    def _all_of(self, schema: Schema, title: str, place: str) -> Schema:
        beside = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        parts = [*schema.get("allOf", ()), *([{"$ref": schema["$ref"]}] if "$ref" in schema else ()), beside]
        parts = [part for part in parts if part.keys() & _STRUCTURE]
        if any("$ref" in part for part in parts):
            parts = [part for part in parts if part.keys() & _STRUCTURE != {"type"}]
        if len(parts) == 1:
            only = parts[0]
            is_reference = only.keys() & _STRUCTURE == {"$ref"}
            return self.reference(schema_name(only["$ref"])) if is_reference else self.lower(only, title, place)
        outside = self._inside
        try:
            met: set[str] = set()
            merged = self._merged(parts, frozenset(), met)
            self._inside = (*outside, *met)
            return self.lower(merged, title, place)
        except _ContradictionError as error:
            return self._give_up(place, f"the parts of allOf don't go together: {error}")
        finally:
            self._inside = outside

    def _any_of(self, schema: Schema, title: str, place: str) -> Schema:
        alternatives = _alternatives(schema)
        base = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        if not base and _is_number_or_text(alternatives):
            return self._one_of_lowered([NUMBER_OR_TEXT, *([NULL] if NULL in alternatives else [])])
        if base and not any(part.keys() & _STRUCTURE - {"required"} for part in alternatives):
            self._note(place, "which of its properties are needed together is not checked")
            return self.lower(base, title, place)
        lowered = []
        for index, part in enumerate(alternatives):
            if part == NULL:
                lowered.append(NULL)
                continue
            name = title if len(alternatives) - (NULL in alternatives) == 1 else f"{title}{index + 1}"
            lowered.append(self.lower({"allOf": [base, part]} if base else part, name, place))
        return self._one_of_lowered(lowered)

    def _enum(self, values: list[Any], place: str) -> Schema:
        kinds: dict[type, list[Any]] = {}
        for value in values:
            kinds.setdefault(type(value), []).append(value)
        alternatives: list[Schema] = []
        for kind, members in kinds.items():
            members = list(dict.fromkeys(members)) if kind is not list and kind is not dict else members
            if kind in (str, int):
                key = self._register(Component("", None, {"enum": members}, values=tuple(members)))
                alternatives.append(_ref(key))
            elif kind is bool:
                alternatives += [{"type": "boolean"}] if len(members) > 1 else [{"const": members[0]}]
            elif kind is float:
                self._note(place, "which numbers are allowed is not checked")
                alternatives.append({"type": "number"})
            elif kind is type(None):
                alternatives.append(NULL)
            else:
                alternatives.append(self._give_up(place, "an enum of arrays or objects"))
        return self._one_of_lowered(alternatives)

    def _items(self, schema: Schema, title: str, place: str) -> Schema:
        item = schema.get("items", ANY)
        if "prefixItems" not in schema:
            return self.lower(item, f"{title}Item", place) if isinstance(item, dict) else ANY
        self._note(place, "a tuple is a list of values of all its types")
        items = [*schema["prefixItems"], *([item] if item and isinstance(item, dict) and "not" not in item else [])]
        return self._one_of_lowered(
            [self.lower(part, f"{title}{index + 1}", place) for index, part in enumerate(items)]
        )

    def _component(self, component: Component, schema: Schema, place: str) -> Schema:
        key = self._register(component)
        self._object(component, schema, place)
        return _ref(key)

    def _object(self, component: Component, schema: Schema, place: str) -> None:
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        component.properties = tuple(
            Property(name, part.get("readOnly") is True, part.get("writeOnly") is True)
            for name, part in properties.items()
        )
        lowered: Schema = {"type": "object"}
        component.lowered = lowered
        lowered["properties"] = {
            f"p{index}": self.lower(part, component.title + pascal(name), f"{place}, property {name}")
            for index, (name, part) in enumerate(properties.items())
        }
        if needed := [f"p{index}" for index, name in enumerate(properties) if name in required]:
            lowered["required"] = needed
        lowered["additionalProperties"] = self._extras(schema, component.title, place)

    def _extras(self, schema: Schema, title: str, place: str) -> Schema | bool:
        """What other keys an object has: only stated ones beside properties, any without."""
        patterns = list(schema.get("patternProperties", {}).values())
        extra = schema.get("additionalProperties", bool(patterns) or not schema.get("properties"))
        if patterns:
            self._note(place, "names of properties are not checked against their patterns")
            extra = {"anyOf": [*patterns, *([extra] if isinstance(extra, dict) else [])]}
        if isinstance(extra, dict):
            return self.lower(extra, f"{title}Value", place)
        return bool(extra) or not schema.get("properties")

    def _one_of_lowered(self, parts: Iterable[Schema]) -> Schema:
        unique: list[Schema] = []
        for part in parts:
            for alternative in part.get("anyOf", [part]):
                if alternative not in unique:
                    unique.append(alternative)
        if ANY in unique or not unique:
            return ANY
        return unique[0] if len(unique) == 1 else {"anyOf": unique}

    # allOf

    def _merged(self, parts: Iterable[Schema], seen: frozenset[str], met: set[str]) -> Schema:
        result: Schema = {}
        for part in parts:
            result = self._both(result, self._flat(part, seen, met))
        return result

    def _flat(self, schema: Schema, seen: frozenset[str], met: set[str]) -> Schema:
        """The schema with references and allOf resolved at the top; `met` collects the names of what it's made of."""
        beside = {key: value for key, value in schema.items() if key in _KEPT - {"$ref", "allOf"}}
        if "const" in beside:
            beside["enum"] = [beside.pop("const")]
        parts = [*schema.get("allOf", ())]
        if "$ref" in schema:
            name = schema_name(schema["$ref"])
            if name in seen or self._inside.count(name) > _DEEPEST:
                raise _ContradictionError(f"{name} is a part of itself")
            seen |= {name}
            met.add(name)
            parts.append(self.schemas[name])
        return self._both(self._merged(parts, seen, met), beside) if parts else beside

    def _both(self, first: Schema, second: Schema) -> Schema:
        """One schema for what satisfies both."""
        if "anyOf" in first or "oneOf" in first or "anyOf" in second or "oneOf" in second:
            return self._distributed(first, second)
        result = {**first, **second}
        for key in first.keys() & second.keys():
            one, other = first[key], second[key]
            if one == other:
                continue
            if key == "type":
                result[key] = _common_type(one, other)
            elif key == "properties":
                result[key] = {**one, **other} | {
                    name: {"allOf": [one[name], other[name]]}
                    for name in one
                    if name in other and one[name] != other[name]
                }
            elif key == "required":
                result[key] = [*one, *(name for name in other if name not in one)]
            elif key == "enum":
                result[key] = [value for value in one if value in other]
                if not result[key]:
                    raise _ContradictionError("no value is in both enums")
            elif key in ("items", "additionalProperties") and isinstance(one, dict) and isinstance(other, dict):
                result[key] = {"allOf": [one, other]}
            elif key == "additionalProperties":
                result[key] = next((value for value in (one, other) if isinstance(value, dict)), one or other)
        return result

    def _distributed(self, first: Schema, second: Schema) -> Schema:
        pairs = list(product(_alternatives(first), _alternatives(second)))
        if len(pairs) > _MOST_ALTERNATIVES:
            raise _ContradictionError(f"they have {len(pairs)} combinations")
        bases = [
            {key: value for key, value in part.items() if key not in ("anyOf", "oneOf")} for part in (first, second)
        ]
        base = self._both(*bases)
        combined: list[Schema] = []
        for pair in pairs:
            parts = [part for part in (*pair, base) if part]
            combined.append(parts[0] if len(parts) == 1 else {"allOf": parts})
        return {"anyOf": combined} if any(combined) else base

    # Components

    def _direct(self, lowered: Any) -> Any:
        if isinstance(lowered, list):
            return [self._direct(value) for value in lowered]
        if not isinstance(lowered, dict):
            return lowered
        while isinstance(lowered.get("$ref"), str) and "$ref" in (target := self._target(lowered)):
            lowered = target
        return {key: self._direct(value) for key, value in lowered.items()}

    def _target(self, ref: Schema) -> Schema:
        return self.components[ref["$ref"].rsplit("/", 1)[-1]].lowered

    def _register(self, component: Component) -> str:
        key = f"M{len(self.components)}"
        self.components[key] = component
        return key

    def _circle(self) -> list[str] | None:
        """The components of a circle that goes through no class."""
        done: set[str] = set()
        path: list[str] = []

        def visit(key: str) -> list[str] | None:
            if key in path:
                return path[path.index(key) :]
            if key in done or self.components[key].is_class:
                return None
            path.append(key)
            for step in _references(self.components[key].lowered):
                if found := visit(step):
                    return found
            path.pop()
            done.add(key)
            return None

        return next((found for key in self.components if (found := visit(key))), None)

    def _note(self, place: str, reason: str) -> None:
        if (fallback := Fallback(place, reason)) not in self.fallbacks:
            self.fallbacks.append(fallback)

    def _give_up(self, place: str, reason: str) -> Schema:
        self._note(place, f"{reason}; any JSON value is accepted")
        return ANY


def _ref(key: str) -> Schema:
    return {"$ref": f"#/components/schemas/{key}"}


def _references(lowered: Any) -> Iterator[str]:
    if isinstance(lowered, dict):
        if isinstance(ref := lowered.get("$ref"), str):
            yield ref.rsplit("/", 1)[-1]
        for value in lowered.values():
            yield from _references(value)
    elif isinstance(lowered, list):
        for value in lowered:
            yield from _references(value)


def _alternatives(schema: Schema) -> list[Schema]:
    """The alternatives of anyOf and oneOf, combined where there are both."""
    several = [schema[key] for key in ("anyOf", "oneOf") if key in schema]
    if len(several) < 2:
        return list(several[0]) if several else [{}]
    return [{"allOf": list(pair)} for pair in product(*several)]


def _is_plain_object(schema: Schema) -> bool:
    is_object = schema.get("type") == "object" or ("type" not in schema and bool(schema.keys() & _OBJECT_KEYWORDS))
    return is_object and not schema.keys() & (_COMBINING | {"enum", "const"})


def _is_plain_enum(schema: Schema) -> bool:
    kinds = {type(value) for value in schema.get("enum", ())}
    return kinds in ({str}, {int}) and not schema.keys() & (_COMBINING | {"const"})


def _is_number_or_text(alternatives: list[Schema]) -> bool:
    """FastAPI's Decimal: a number, or a string of any pattern."""
    forms = [part for part in alternatives if part != NULL]
    plain = all(
        not part.keys() & _KEPT - {"type", "format"} and part.get("format") in (None, "decimal") for part in forms
    )
    return plain and len(forms) == 2 and {str(part.get("type")) for part in forms} == {"number", "string"}


def _common_type(one: Any, other: Any) -> Any:
    first = one if isinstance(one, list) else [one]
    second = other if isinstance(other, list) else [other]
    common = [kind for kind in first if kind in second]
    if "integer" in (*first, *second) and "number" in (*first, *second) and "integer" not in common:
        common = ["integer", *(kind for kind in common if kind != "number")]
    if not common:
        raise _ContradictionError(f"{one} and {other}")
    return common[0] if len(common) == 1 else common
