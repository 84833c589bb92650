"""The API's contract at run time: which operation a request is, whether it fits, and what its answer looks like.

Requests are validated by pydantic's own core, which the real API stands on: its leniency ("5" is an integer) and its
error messages are the same by construction, not by imitation.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

from attrs import frozen
from pydantic_core import CoreSchema, SchemaValidator, ValidationError, core_schema

from hbmcp.paper.api.operation_paths import OperationPaths

Schema = dict[str, Any]
Problem = dict[str, Any]  # FastAPI's: type, loc, msg, input, perhaps ctx

METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")


class Invalid(Exception):
    """A request that doesn't fit its operation."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems

    @property
    def unanswerable(self) -> bool:
        """Whether the real API fails at telling them: it can't write the bound of a decimal into its answer."""
        return any(isinstance(bound, Decimal) for problem in self.problems for bound in problem.get("ctx", {}).values())


class Given(NamedTuple):
    """A request's parameters and body, converted, with the contract's defaults filled in."""

    path: dict[str, Any]
    query: dict[str, Any]
    body: Any


@frozen(slots=False, eq=False)
class Operation:
    """One method and path. `status` is that of a good answer, `response` the schema of its JSON, if it has one."""

    method: str
    path: str
    status: int
    response: Schema | None
    parameters: tuple[Schema, ...]
    body: Schema | None
    body_required: bool
    schemas: Mapping[str, Schema]

    @property
    def key(self) -> str:
        """ "POST /trading/orders" """
        return f"{self.method} {self.path}"

    def read(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]], body: bytes, content_type: str | None
    ) -> Given:
        """The request's values. Raises Invalid with all that is wrong, in the API's own words."""
        problems: list[Problem] = []
        sent: dict[str, list[str]] = {}
        for name, text in query:
            sent.setdefault(name, []).append(text)
        given = Given({}, {}, None)
        for parameter, wants_list, validator in self._readers:
            place, name = parameter["in"], parameter["name"]
            values = given.path if place == "path" else given.query
            if place == "path":
                value: Any = path[name]
            elif name not in sent:
                if parameter.get("required"):
                    problems.append(_problem("missing", [place, name], "Field required", None))
                else:
                    values[name] = parameter["schema"].get("default")
                continue
            else:
                value = sent[name] if wants_list else sent[name][-1]
            values[name] = _checked(validator, value, [place, name], problems)
        read = self._read_body(body, content_type, problems)
        if problems:
            raise Invalid(problems)
        return given._replace(body=read)

    def _read_body(self, body: bytes, content_type: str | None, problems: list[Problem]) -> Any:
        if self.body is None:
            return None
        if not body:
            if self.body_required:
                problems.append(_problem("missing", ["body"], "Field required", None))
            return None
        value: Any = body.decode("utf-8", "replace")
        if content_type is None or _is_json(content_type):
            try:
                value = json.loads(body)
            except (ValueError, RecursionError) as error:
                spot = getattr(error, "pos", 0)
                why = getattr(error, "msg", str(error))
                problem = _problem("json_invalid", ["body", spot], "JSON decode error", {})
                raise Invalid([{**problem, "ctx": {"error": why}}]) from None
        return _checked(self._body_reader, value, ["body"], problems)

    @cached_property
    def _readers(self) -> list[tuple[Schema, bool, SchemaValidator]]:
        """Of each parameter: itself, whether it is a list, what checks it."""
        return [
            (
                parameter,
                any(option.get("type") == "array" for option in _options(parameter["schema"])),
                SchemaValidator(_core(parameter["schema"], self.schemas)),
            )
            for parameter in self.parameters
        ]

    @cached_property
    def _body_reader(self) -> SchemaValidator:
        return SchemaValidator(_core(self.body or {}, self.schemas))


@frozen
class Contract:
    """The pinned contract. `document` is what /openapi.json answers."""

    document: Schema
    operations: Mapping[str, Operation]
    _paths: OperationPaths[Operation]

    def find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str], list[str]]:
        """(the operation, its path's values, []), or (None, {}, the methods that this path has); `path` is decoded."""
        return self._paths.find(method, path)


@cache
def pinned() -> Contract:
    """The contract that the typed client was made from."""
    return contract_of(json.loads(resources.files("hummingbot_api").joinpath("openapi.json").read_bytes()))


def contract_of(document: Schema) -> Contract:
    """That of an OpenAPI document as FastAPI writes it."""
    schemas = document["components"]["schemas"]
    operations = {
        operation.key: operation
        for path, methods in document["paths"].items()
        for method, described in methods.items()
        if method in METHODS
        for operation in [_operation(method.upper(), path, described, schemas)]
    }
    return Contract(document, operations, OperationPaths(operations.values()))


def _operation(method: str, path: str, described: Schema, schemas: Mapping[str, Schema]) -> Operation:
    status = min(status for status in described["responses"] if status.startswith("2"))
    answer = described["responses"][status].get("content", {}).get("application/json")
    body = described.get("requestBody", {})
    return Operation(
        method,
        path,
        int(status),
        None if answer is None else answer["schema"],
        tuple(described.get("parameters", ())),
        body["content"]["application/json"]["schema"] if body else None,
        body.get("required", False),
        schemas,
    )


def _is_json(content_type: str) -> bool:
    kind = content_type.split(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _problem(kind: str, place: Sequence[str | int], message: str, value: Any) -> Problem:
    return {"type": kind, "loc": list(place), "msg": message, "input": value}


def _checked(validator: SchemaValidator, value: Any, place: list[str | int], problems: list[Problem]) -> Any:
    try:
        return validator.validate_python(value)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            problems.append({**problem, "loc": [*place, *problem["loc"]]})
        return None


# JSON Schema -> the schema of pydantic's core from which FastAPI would have written it


def _options(schema: Schema) -> list[Schema]:
    options: list[Schema] = schema.get("anyOf", [schema])
    return options


def _core(schema: Schema, schemas: Mapping[str, Schema]) -> CoreSchema:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = schemas[name]
        return _enum(name, found["enum"]) if "enum" in found else _core(found, schemas)
    options = [option for option in _options(schema) if option.get("type") != "null"]
    kinds = {option.get("type") for option in options}
    if kinds == {"number", "string"}:  # how FastAPI describes a decimal
        core: CoreSchema = core_schema.decimal_schema(**_bounds(options, float))
    elif len(options) > 1:
        core = core_schema.union_schema([_plain(option, schemas) for option in options])
    else:
        core = _plain(options[0], schemas) if options else core_schema.none_schema()
    return core_schema.nullable_schema(core) if len(options) < len(_options(schema)) else core


def _plain(schema: Schema, schemas: Mapping[str, Schema]) -> CoreSchema:
    if "$ref" in schema:
        return _core(schema, schemas)
    if "enum" in schema:
        return core_schema.literal_schema(schema["enum"])
    match schema.get("type"):
        case "string":
            return core_schema.str_schema()
        case "integer":
            return core_schema.int_schema(**_bounds([schema], int))
        case "number":
            # The real API takes infinity and fails at answering it.
            return core_schema.float_schema(allow_inf_nan=False, **_bounds([schema], float))
        case "boolean":
            return core_schema.bool_schema()
        case "array":
            return core_schema.list_schema(_core(schema.get("items", {}), schemas))
        case "object":
            return _object(schema, schemas)
        case _:
            return core_schema.any_schema()


def _bounds(options: Sequence[Schema], number: type) -> dict[str, Any]:
    names = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}
    return {names[key]: number(bound) for option in options for key, bound in option.items() if key in names}


def _object(schema: Schema, schemas: Mapping[str, Schema]) -> CoreSchema:
    if "properties" not in schema:
        values = schema.get("additionalProperties")
        kept = _core(values, schemas) if isinstance(values, dict) else core_schema.any_schema()
        return core_schema.dict_schema(core_schema.str_schema(), kept)
    required = schema.get("required", ())
    fields = {
        name: core_schema.model_field(
            _core(field, schemas)
            if name in required
            else core_schema.with_default_schema(_core(field, schemas), default=field.get("default"))
        )
        for name, field in schema["properties"].items()
    }
    return core_schema.no_info_after_validator_function(
        lambda read: read[0],
        # What a FastAPI body is read with; it decides the message for something that isn't an object.
        core_schema.model_fields_schema(fields, from_attributes=True),
    )


def _enum(name: str, values: Sequence[str]) -> CoreSchema:
    members = [*StrEnum(name, [(value, value) for value in values])]
    return core_schema.enum_schema(type(members[0]), members, sub_type="str")
