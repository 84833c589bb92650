"""The JSON Schema of a tool's input: dereferenced, reduced, portable across clients.

Every client reads the same small subset of JSON Schema 2020-12: one `type`, `properties`, `required`,
`items`, `enum`, `default`, bounds, lengths and, where a value really has several forms, `anyOf`. What only an
API can check (patterns, `not`, `if`, `uniqueItems`, …) is left to the API.
"""

from collections.abc import Callable, Mapping
from typing import Any

from codegen.client.keywords import is_number_or_text
from codegen.client.shapes import literal_annotation
from codegen.contract import Schema

BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
KEPT = ("enum", "default", *BOUNDS, *LENGTHS)
PYTHON_TYPES = {"string": "str", "integer": "int", "number": "Decimal", "boolean": "bool"}

Notice = Callable[[str], None]


def reduce(schema: Schema, schemas: Mapping[str, Schema], notice: Notice = lambda _: None) -> Schema:
    """The portable form of `schema`, whose `$ref`s point into `schemas`.

    `notice` is told what could only be expressed less exactly, e.g. a recursive schema.
    """
    return _Reducer(schemas, notice).reduce(schema, ())


def annotation(schema: Schema) -> str:
    """The Python type of a value that satisfies a reduced schema, e.g. `list[Decimal]`."""
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(annotation(form) for form in schema["anyOf"]))
    if "enum" in schema and all(isinstance(value, str | int) for value in schema["enum"]):
        return literal_annotation(schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list[{annotation(schema.get('items', {}))}]"
        case "object":
            return "dict[str, Any]"
        case str(kind) if kind in PYTHON_TYPES:
            return PYTHON_TYPES[kind]
    return "Any"


class _Reducer:
    def __init__(self, schemas: Mapping[str, Schema], notice: Notice) -> None:
        self.schemas = schemas
        self.notice = notice

    def reduce(self, schema: Schema | bool, seen: tuple[str, ...]) -> Schema:
        if isinstance(schema, bool):
            return {}
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[-1]
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            if name in seen:
                self.notice(f"{name} contains itself: offered as a free-form object from the second level on")
                return self._keep({"type": "object"}, beside)
            return self._keep(self.reduce(self.schemas[name], (*seen, name)), beside)
        if "allOf" in schema:
            return self._merge(schema, seen)
        forms = schema.get("anyOf") or schema.get("oneOf")
        if forms:
            return self._alternatives(schema, forms, seen)
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [k for k in kind if k != "null"]
            if len(kinds) != 1:
                bare = {key: value for key, value in schema.items() if key != "default"}
                return self._alternatives(schema, [{**bare, "type": k} for k in kinds], seen)
            kind = kinds[0]
        return self._single(schema, kind, seen)

    def _single(self, schema: Schema, kind: str | None, seen: tuple[str, ...]) -> Schema:
        if "const" in schema:
            schema = {**schema, "enum": [schema["const"]]}
        if "enum" in schema:
            values = [value for value in schema["enum"] if value is not None]
            schema = {**schema, "enum": values}
            kind = kind or _kind_of(values)
        if kind is None and "properties" in schema:
            kind = "object"
        if kind is None and "items" in schema:
            kind = "array"
        reduced: Schema = {"type": kind} if kind else {}
        if kind == "object":
            reduced |= self._object(schema, seen)
        elif kind == "array":
            reduced["items"] = self.reduce(schema.get("items", {}), seen)
            if "prefixItems" in schema:
                self.notice("a tuple is offered as a list of any values")
                reduced["items"] = {}
        return self._keep(reduced, schema)

    def _object(self, schema: Schema, seen: tuple[str, ...]) -> Schema:
        properties = {
            name: self.reduce(value, seen)
            for name, value in schema.get("properties", {}).items()
            if not (isinstance(value, dict) and value.get("readOnly"))
        }
        reduced: Schema = {}
        if properties:
            reduced["properties"] = properties
        required = [name for name in schema.get("required", []) if name in properties]
        if required:
            reduced["required"] = required
        extra = schema.get("additionalProperties", True)
        if extra is False:
            reduced["additionalProperties"] = False
        elif isinstance(extra, dict) and (value := self.reduce(extra, seen)):
            reduced["additionalProperties"] = value
        return reduced

    def _alternatives(self, schema: Schema, forms: list[Schema], seen: tuple[str, ...]) -> Schema:
        reduced = [self.reduce(form, seen) for form in forms if not _is_null(form)]
        if is_number_or_text(forms):
            number = next(form for form in reduced if form.get("type") == "number")
            return self._keep(number, schema)
        unique: list[Schema] = []
        for form in reduced:
            if form not in unique:
                unique.append(form)
        if len(unique) == 1:
            return self._keep(unique[0], schema)
        if not unique or {} in unique:
            return self._keep({}, schema)
        return self._keep({"anyOf": unique}, schema)

    def _merge(self, schema: Schema, seen: tuple[str, ...]) -> Schema:
        beside = {key: value for key, value in schema.items() if key != "allOf"}
        merged: Schema = {}
        for part in [*schema["allOf"], beside]:
            reduced = self.reduce(part, seen)
            if "anyOf" in reduced and len(reduced) > len(merged):
                self.notice("alternatives inside allOf are offered as they stand, without the other parts")
                return reduced
            for key, value in reduced.items():
                if key == "properties":
                    merged["properties"] = merged.get("properties", {}) | value
                elif key == "required":
                    merged["required"] = list(dict.fromkeys([*merged.get("required", []), *value]))
                elif key == "enum" and "enum" in merged:
                    merged["enum"] = [item for item in merged["enum"] if item in value]
                elif key in ("minimum", "exclusiveMinimum", "minLength", "minItems") and key in merged:
                    merged[key] = max(merged[key], value)
                elif key in ("maximum", "exclusiveMaximum", "maxLength", "maxItems") and key in merged:
                    merged[key] = min(merged[key], value)
                else:
                    merged[key] = value
        return merged

    def _keep(self, reduced: Schema, schema: Schema) -> Schema:
        kept = dict(reduced)
        for key in KEPT:
            if key in schema and not (key == "default" and schema[key] is None):
                kept[key] = _plain(schema[key])
        return kept


def _is_null(schema: Schema) -> bool:
    return schema.get("type") == "null" or schema.get("enum") == [None] or schema.get("const", ...) is None


def _kind_of(values: list[Any]) -> str | None:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    found = {kinds.get(type(value)) for value in values}
    return found.pop() if len(found) == 1 else None


def _plain(value: Any) -> Any:
    """1.0 as 1: the same number in fewer characters."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
