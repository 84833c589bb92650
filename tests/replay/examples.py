"""An answer as the contract says it, for an operation that nobody wrote one of."""

from typing import Any

from codegen.contract import Schema, schema_name
from tests.replay.contract_rules import pinned

DEEP = 8  # references within each other: what recurs ends there

SIMPLE = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}
FORMATS = {"date-time": "2026-09-14T08:00:00Z", "date": "2026-09-14"}


def example(schema: Schema, depth: int = 0) -> Any:
    """With all fields that it has, and lists of one."""
    if "$ref" in schema:
        return example(pinned().schemas[schema_name(schema["$ref"])], depth + 1)
    for union in ("anyOf", "oneOf"):
        if union in schema:
            forms = sorted(schema[union], key=lambda one: (one.get("type") == "null") != (depth > DEEP))
            return example(forms[0], depth)
    if "allOf" in schema:
        parts = [example(one, depth) for one in schema["allOf"]]
        return {name: value for part in parts for name, value in part.items()} if len(parts) > 1 else parts[0]
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type", "object"):
        case "object":
            return {name: example(one, depth) for name, one in schema.get("properties", {}).items()}
        case "array":
            return [] if depth > DEEP else [example(schema.get("items", {}), depth)]
        case "string":
            return FORMATS.get(schema.get("format", ""), SIMPLE["string"])
        case "integer" | "number" as kind:
            return max(SIMPLE[kind], schema.get("minimum", 0))
        case kind:
            return SIMPLE[kind]
