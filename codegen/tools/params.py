"""What a tool offers: a part of the request, and what is curated of it -> one parameter."""

import keyword
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import jsonschema

from codegen.client.shapes import quoted
from codegen.contract import Schema
from codegen.curation import Param, WorkflowParam
from codegen.schema import annotation
from codegen.tools.tool_spec import ToolParam

TIME_HINT = "UTC time, or age like 24h"

Wrong = Callable[[str], None]  # is told what a parameter's override says that the operation can't do


def offer(name: str, param: Param, schema: Schema, required: bool, wrong: Wrong) -> ToolParam:
    """The parameter; `schema` and `required` are the API's."""
    schema = _form(param, schema, wrong)
    if param.enum is not None:
        schema = _narrow(schema, param.enum, wrong)
    schema = schema | limits(param)
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
    kind = annotation(schema)
    if not required and default is None and kind != "Any":
        kind += " | None"
    is_time = param.time is not None
    description = param.description or (TIME_HINT if is_time else None)
    return ToolParam(name, schema, required, kind, default, description, is_time)


def limits(param: Param | WorkflowParam) -> Schema:
    """The bounds and the pattern that are curated of a parameter."""
    limits = {
        "minimum": param.minimum,
        "maximum": param.maximum,
        "exclusiveMinimum": param.above,
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


def is_identifier(name: str) -> bool:
    """Whether a Python function can have a parameter of this name."""
    return name.isidentifier() and not keyword.iskeyword(name)


def identifier(name: str) -> str:
    """An API's parameter name as a tool's: a Python identifier that is no keyword."""
    clean = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() if not name.isidentifier() else name
    if not clean or clean[0].isdigit():
        clean = f"p_{clean}"
    return f"{clean}_" if keyword.iskeyword(clean) else clean


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
