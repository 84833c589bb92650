"""The pinned contract's rules, stricter than the API: everything that is wrong with a request or an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from codegen.contract import Contract, Operation, Parameter, Schema, load, parse, schema_name
from hbmcp.paper.api.operation_paths import OperationPaths

PINNED = Path(__file__).parents[2] / "codegen" / "contract" / "hummingbot-api.openapi.json"


@cache
def pinned() -> Contract:
    return parse(load(PINNED))


@cache
def operation_paths() -> OperationPaths[Operation]:
    return OperationPaths(pinned().operations.values())


def mistakes(
    operation: Operation, path: dict[str, str], query: Sequence[tuple[str, str]], body: bytes, content_type: str
) -> list[dict[str, Any]]:
    """What is wrong with a request, in FastAPI's shape; none where it is right. Unknown names are wrong."""
    found: list[dict[str, Any]] = []
    declared = _by_location(operation.parameters)
    given = {"path": {name: [value] for name, value in path.items()}, "query": _grouped(query)}
    for location, values in given.items():
        found += [
            _mistake("extra_forbidden", [location, name], "Extra inputs are not permitted", value)
            for name, value in values.items()
            if name not in declared.get(location, {})
        ]
        for name, parameter in declared.get(location, {}).items():
            if name in values:
                found += _parameter_mistakes(parameter, values[name])
            elif parameter.required:
                found.append(_mistake("missing", [location, name], "Field required", None))
    return [*found, *_body_mistakes(operation, body, content_type)]


def conforms(value: Any, schema: Schema) -> list[str]:
    """Why an answer isn't what the contract says; nothing where it is."""
    errors = Draft202012Validator({**schema, "components": {"schemas": pinned().schemas}}).iter_errors(value)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _by_location(parameters: Iterable[Parameter]) -> dict[str, dict[str, Parameter]]:
    result: dict[str, dict[str, Parameter]] = {}
    for parameter in parameters:
        result.setdefault(parameter.location, {})[parameter.name] = parameter
    return result


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    result: dict[str, list[str]] = {}
    for name, value in pairs:
        result.setdefault(name, []).append(value)
    return result


def _mistake(kind: str, place: Sequence[str | int], message: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "loc": list(place), "msg": message, "input": value}


def _parameter_mistakes(parameter: Parameter, texts: list[str]) -> list[dict[str, Any]]:
    validator = _strict(parameter.schema)
    wants_list = any(option.get("type") == "array" for option in _options(parameter.schema))
    if len(texts) > 1 and not wants_list:
        return [_mistake("repeated", [parameter.location, parameter.name], "Given more than once", texts)]
    readings = [texts] if wants_list else list(_readings(texts[0]))
    if any(validator.is_valid(value) for value in readings):
        return []
    error = next(validator.iter_errors(readings[0]))
    return [_mistake("invalid", [parameter.location, parameter.name], error.message, texts[0])]


def _options(schema: Schema) -> Iterator[Schema]:
    """The schema with its references followed, or each of its variants."""
    if "$ref" in schema:
        yield from _options(pinned().schemas[schema_name(schema["$ref"])])
    for variant in schema.get("anyOf", ()):
        yield from _options(variant)
    yield schema


def _readings(text: str) -> Iterator[Any]:
    """What a text in a URL may stand for."""
    if re.fullmatch(r"-?\d+", text):
        yield int(text)
    elif re.fullmatch(r"-?\d+\.\d+([eE][-+]?\d+)?", text):
        yield float(text)
    elif text in ("true", "false"):
        yield text == "true"
    yield text


def _body_mistakes(operation: Operation, body: bytes, content_type: str) -> list[dict[str, Any]]:
    if operation.body is None:
        return [_mistake("extra_forbidden", ["body"], "This operation takes no body", None)] if body else []
    if not body:
        return [_mistake("missing", ["body"], "Field required", None)] if operation.body.required else []
    if content_type.split(";")[0] != operation.body.media_type:
        return [_mistake("media_type", ["body"], f"Send {operation.body.media_type}", content_type)]
    try:
        value = json.loads(body)
    except ValueError as error:
        return [_mistake("json_invalid", ["body"], f"JSON decode error: {error}", None)]
    return [_body_mistake(error) for error in _strict(operation.body.schema).iter_errors(value)]


def _body_mistake(error: ValidationError) -> dict[str, Any]:
    place = ["body", *error.absolute_path]
    if error.validator == "required":
        missing = error.message.split("'")[1]
        return _mistake("missing", [*place, missing], "Field required", error.instance)
    kind = "extra_forbidden" if error.validator == "additionalProperties" else "invalid"
    return _mistake(kind, place, error.message, error.instance)


@cache
def _strict_components() -> dict[str, Schema]:
    return {name: _closed(schema) for name, schema in pinned().schemas.items()}


def _strict(schema: Schema) -> Draft202012Validator:
    """A validator that allows no field that the contract doesn't name."""
    return Draft202012Validator({**_closed(schema), "components": {"schemas": _strict_components()}})


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed
