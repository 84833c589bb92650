"""A pydantic model's JSON Schema in the form that all clients take, which codegen gives the tools of the contract:
dereferenced, untitled, one `type` or an `anyOf`, inclusive bounds, enums of texts, no null where a value can be left
out. What that can't say, the function's own types still check."""

import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

_KEPT = (
    *("description", "default", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
_NULL = {"type": "null"}
_JUST_ABOVE_ZERO = 1e-18  # less than any amount
_KINDS = {bool: "boolean", int: "integer", float: "number", str: "string"}


def portable(schema: Mapping[str, Any]) -> Schema:
    """The portable form of a whole schema, which has its `$defs`."""
    return _value(schema, schema.get("$defs", {}), ())


def _value(schema: Any, defs: Mapping[str, Any], seen: tuple[str, ...]) -> Schema:
    if not isinstance(schema, Mapping):  # true, or false
        return {}
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        whole = {"type": "object"} if name in seen else {**defs[name], **beside}
        return _value(whole, defs, (*seen, name))
    kept = {key: schema[key] for key in _KEPT if schema.get(key) is not None}
    for exclusive, bound, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
        if exclusive in schema:
            kept[bound] = _beside(schema[exclusive], step, schema.get("type"))
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        return _one_of([_value(form, defs, seen) for form in forms], kept)
    if "allOf" in schema:
        merged: Schema = {}
        for part in schema["allOf"]:
            merged |= _value(part, defs, seen)
        return merged | kept
    if "const" in schema or "enum" in schema:
        return _enum(schema.get("enum", [schema.get("const")]), kept)
    kind = schema.get("type")
    form: Schema = {"type": kind} if isinstance(kind, str) else {}
    if kind == "object":
        form |= _object(schema, defs, seen)
    elif kind == "array":
        form["items"] = _value(schema.get("items", {}), defs, seen)
    return form | kept


def _object(schema: Mapping[str, Any], defs: Mapping[str, Any], seen: tuple[str, ...]) -> Schema:
    others = schema.get("additionalProperties")
    form: Schema = {}
    if "properties" in schema:
        form["properties"] = {name: _value(one, defs, seen) for name, one in schema["properties"].items()}
    elif not isinstance(others, Mapping):
        others = {}
    if schema.get("required"):
        form["required"] = list(schema["required"])
    if isinstance(others, Mapping):
        form["additionalProperties"] = _value(others, defs, seen)
    return form


def _one_of(forms: list[Schema], kept: Schema) -> Schema:
    """One form where null, and a number's text, are left out of the others."""
    forms = [form for form in forms if form != _NULL]
    if any(form.get("type") in ("number", "integer") for form in forms):
        forms = [form for form in forms if form.get("type") != "string" or "enum" in form]
    unique = [form for place, form in enumerate(forms) if form not in forms[:place]]
    if {} in unique:
        return kept
    return {**unique[0], **kept} if len(unique) == 1 else {"anyOf": unique, **kept}


def _enum(values: list[Any], kept: Schema) -> Schema:
    """Of texts as it is; of anything else in words, and of numbers by their bounds."""
    values = [value for value in values if value is not None]
    if all(isinstance(value, str) for value in values):
        return {"type": "string", "enum": values, **kept}
    kinds = {_KINDS.get(type(value)) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    form: Schema = {"type": kind} if kind else {}
    if kind in ("integer", "number"):
        form |= {"minimum": min(values), "maximum": max(values)}
    return form | {"description": f"One of {', '.join(map(json.dumps, values))}"} | kept


def _beside(bound: float, step: int, kind: Any) -> float:
    """The nearest value inside an exclusive bound."""
    if kind == "integer":
        return math.floor(bound) + 1 if step > 0 else math.ceil(bound) - 1
    return math.nextafter(bound, math.inf * step) if bound else _JUST_ABOVE_ZERO * step
