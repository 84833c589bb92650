"""The JSON Schema of what an operation answers, for programs: as loose as the API is.

An API of another version leaves fields out and adds some, answers null, and sends numbers as text or the other way
round; and what a number of JSON can't hold comes as text. So nothing here is required, closed, bounded or enumerated,
and everything may be null. What stays is what a program needs: the names, what is a list, and what is in it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from codegen.client.keywords import is_array, is_object
from codegen.contract import Schema, schema_name
from codegen.curation import WorkflowAnswer
from codegen.normal_form import COMPONENT

#: A type -> all that may come in its place, what is most likely first.
WIDENED: Mapping[str, tuple[str, ...]] = {
    "string": ("string", "number", "null"),
    "number": ("number", "string", "null"),
    "integer": ("number", "string", "null"),
    "boolean": ("boolean", "null"),
    "object": ("object", "null"),
    "array": ("array", "null"),
    "null": ("null",),
}
_PYTHON: Mapping[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def output_schema(response: Schema | None, schemas: Mapping[str, Schema]) -> Schema:
    """The loose form of an answer's schema, whose `$ref`s point into `schemas`; the components that it needs are in its
    `$defs`. Empty where the contract doesn't say what comes."""
    reader = _Reader(schemas)
    found = reader.value(response or {})
    return found | ({"$defs": dict(sorted(reader.components.items()))} if reader.components else {})


def named(answer: WorkflowAnswer) -> Schema:
    """The names in a workflow's answer, of whatever type; what src/hbmcp/results/output_schema.py says of every
    workflow's is added there."""
    columns = {name: _rows(names) for name, names in answer.tables.items()}
    members: Schema = {name: {} for name in answer.members} | columns
    return ({"properties": members} if members else {}) | (_rows(answer.rows) if answer.rows else {})


def _rows(names: Iterable[str]) -> Schema:
    return {"items": {"properties": {name: {} for name in names}}}


class _Reader:
    """Reads one answer; `components` are those that it has come across."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self.components: dict[str, Schema] = {}

    def value(self, schema: Schema | bool) -> Schema:
        if isinstance(schema, bool):
            return {}
        parts = [self._own(schema), *map(self.value, schema.get("allOf", ()))]
        if "$ref" in schema:
            parts.append(self._reference(schema["$ref"]))
        parts += [_any_of(map(self.value, schema[union])) for union in ("anyOf", "oneOf") if union in schema]
        told = [part for part in parts if part]
        return {"allOf": told} if len(told) > 1 else told[0] if told else {}

    def _reference(self, ref: str) -> Schema:
        name = schema_name(ref)
        if name not in self.components:
            self.components[name] = {}  # while it is read: it may contain itself
            self.components[name] = self.value(self._schemas[name])
        return {"$ref": f"#/$defs/{ref.removeprefix(COMPONENT)}"}

    def _own(self, schema: Schema) -> Schema:
        """What a schema says itself."""
        own: Schema = {}
        if kinds := list(dict.fromkeys(wide for kind in _kinds(schema) for wide in WIDENED[kind])):
            own["type"] = kinds
        if properties := schema.get("properties"):
            own["properties"] = {name: self.value(one) for name, one in properties.items()}
        if items := self.value(schema.get("items", True)):
            own["items"] = items
        if "patternProperties" not in schema and (others := self.value(schema.get("additionalProperties", True))):
            own["additionalProperties"] = others
        return own


def _any_of(forms: Iterable[Schema]) -> Schema:
    """One of several; where all of them are but types, one of those."""
    forms = list(forms)
    if not all(forms):
        return {}
    types: list[str] = [kind for form in forms if form.keys() == {"type"} for kind in form["type"]]
    others = [form for form in forms if form.keys() != {"type"}]
    if types and types != ["null"]:
        others.append({"type": sorted(dict.fromkeys(types), key="null".__eq__)})
    elif not others:
        others = [{"type": types}]
    return others[0] if len(others) == 1 else {"anyOf": others}


def _kinds(schema: Schema) -> list[str]:
    """The types that a schema names or implies."""
    named: Any = schema.get("type")
    if named is None and (values := schema.get("enum", [schema["const"]] if "const" in schema else [])):
        named = [_PYTHON.get(type(value), "array" if isinstance(value, list) else "object") for value in values]
    if named is None:
        named = "object" if is_object(schema) else "array" if is_array(schema) else []
    return named if isinstance(named, list) else [named]
