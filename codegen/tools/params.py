"""What a tool offers: a part of the request, and what is curated of it -> one parameter."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonschema

from codegen.client.shapes import quoted
from codegen.contract import Schema
from codegen.curation import Param, WorkflowParam
from codegen.schema import above, annotation, takes_null, with_null, without_null
from codegen.tools.tool_spec import ABSENT, ToolParam

TIME_HINT = "UTC time, or age like 24h"

Wrong = Callable[[str], None]  # is told what a parameter's override says that the operation can't do


def offer(name: str, param: Param, schema: Schema, required: bool, wrong: Wrong) -> ToolParam:
    """The parameter; `schema` and `required` are the API's. Where the schema takes null, that is sent."""
    null = takes_null(schema) and param.null != "absent"
    if param.null == "sent" and not null:
        wrong("`null` can't be sent: the API doesn't take it here")
    schema = _form(param, without_null(schema), wrong)
    if param.enum is not None:
        schema = _narrow(schema, param.enum, wrong)
    schema = schema | limits(param, schema)
    default = None
    if "default" in param.model_fields_set:
        check("default", param.default, schema, wrong)
        schema = schema | {"default": param.default}
        default = literal(param.default, schema)
        required = False
    if param.required is not None:
        if required and not param.required:
            wrong("is required by the API: make it optional with a `default`")
        required = param.required or required
    if required:
        schema = {key: value for key, value in schema.items() if key != "default"}
    if null and not required and default is None:
        default = ABSENT
    kinds = [annotation(schema)]
    if kinds != ["Any"]:
        kinds += ["None"] if null or (not required and default is None) else []
        kinds += ["Absent"] if default == ABSENT else []
    if null:
        schema = with_null(schema)
    is_time = param.time is not None
    description = param.description or (time_hint(name) if is_time else None)
    return ToolParam(name, schema, required, " | ".join(kinds), default, description, is_time, param.base)


def time_hint(name: str) -> str | None:
    """What is said of a time that nothing else is said of; of a period's end no more than of its start."""
    return None if name == "end_time" else TIME_HINT


def limits(param: Param | WorkflowParam, schema: Schema) -> Schema:
    """The bounds and the pattern that are curated of a parameter of this schema."""
    limits = {
        "minimum": param.minimum if param.above is None else above(param.above, schema.get("type")),
        "maximum": param.maximum,
        "pattern": param.pattern,
    }
    return {key: value for key, value in limits.items() if value is not None}


def check(key: str, value: Any, schema: Schema, wrong: Wrong) -> None:
    """Tell if a curated value is not what the API takes."""
    try:
        jsonschema.validate(value, schema)
    except jsonschema.ValidationError as error:
        wrong(f"`{key}` is not what the API takes: {error.message}")


def literal(value: Any, schema: Schema) -> str:
    """Python code for a curated value; a number is an exact Decimal."""
    if schema.get("type") == "number":
        return f'Decimal("{Decimal(str(value))}")'
    return quoted(value) if isinstance(value, str) else repr(value)


def _form(param: Param, schema: Schema, wrong: Wrong) -> Schema:
    """The schema of what the tool takes, where that has another form than what the API takes: a time, one of a list."""
    if param.time:
        if schema.get("type") not in (("string",) if param.time == "iso" else ("integer", "number")):
            wrong(f"`time = {param.time!r}` doesn't fit: the API takes {schema.get('type')} here")
        schema = {"type": "string"}
    if param.wrap:
        if schema.get("type") != "array":
            wrong("`wrap` is for a list; the API takes no list here")
        schema = {key: value for key, value in schema.get("items", {}).items() if key != "default"}
    return schema


def _narrow(schema: Schema, enum: list[str | int], wrong: Wrong) -> Schema:
    """The schema with an enum; that of a list's items, where it is a list."""
    if schema.get("type") == "array":
        return schema | {"items": _narrow(schema.get("items", {}), enum, wrong)}
    strangers = [value for value in enum if "enum" in schema and value not in schema["enum"]]
    if strangers:
        wrong(f"the API doesn't take {strangers}; it takes {schema['enum']}")
    return schema | {"enum": enum}
