"""What the lowering of schemas knows of JSON Schema: its keywords, and how to recognise kinds of schemas."""

from itertools import product

from codegen.contract import Schema

ANY: Schema = {}
NULL: Schema = {"type": "null"}

_OBJECT = frozenset({"properties", "additionalProperties", "patternProperties"})
_COMBINING = frozenset({"anyOf", "oneOf", "allOf", "$ref"})
#: Keywords that give a schema a type of its own. All others only narrow one.
STRUCTURE = _OBJECT | _COMBINING | {"type", "required", "items", "prefixItems", "enum", "const"}
#: Keywords that say something about the type in Python.
KEPT = STRUCTURE | {"format", "contentMediaType"}


def without(schema: Schema, *keywords: str) -> Schema:
    """The schema without some of its keywords."""
    return {key: value for key, value in schema.items() if key not in keywords}


def is_object(schema: Schema) -> bool:
    """Whether it says `object`, or says nothing but has keywords that only objects have."""
    return schema.get("type") == "object" or ("type" not in schema and bool(schema.keys() & _OBJECT))


def is_array(schema: Schema) -> bool:
    """Whether it says `array`, or says nothing but has keywords that only arrays have."""
    return schema.get("type") == "array" or ("type" not in schema and bool(schema.keys() & {"items", "prefixItems"}))


def is_plain_object(schema: Schema) -> bool:
    """Whether it is an object and nothing is combined with it."""
    return is_object(schema) and not schema.keys() & (_COMBINING | {"enum", "const"})


def is_plain_enum(schema: Schema) -> bool:
    """Whether it is an enum of strings, or of integers, and nothing is combined with it."""
    kinds = {type(value) for value in schema.get("enum", ())}
    return kinds in ({str}, {int}) and not schema.keys() & (_COMBINING | {"const"})


def only_requires(schema: Schema) -> bool:
    """Whether it says nothing of an object but which properties it must have."""
    said = schema.keys() & STRUCTURE
    return said <= {"required"} or (said <= {"required", "type"} and schema["type"] == "object")


def is_number_or_text(forms: list[Schema]) -> bool:
    """FastAPI's Decimal: a number, or a string of any pattern; perhaps null."""
    rest = [form for form in forms if form != NULL]
    numbers = [form for form in rest if form.get("type") == "number" and not form.keys() & KEPT - {"type", "format"}]
    texts = [form for form in rest if form.get("type") == "string" and form.keys() <= {"type", "format", "pattern"}]
    formats = {form.get("format") for form in rest} <= {None, "decimal"}
    return len(rest) == 2 and bool(numbers and texts) and formats


def alternatives(schema: Schema) -> list[Schema]:
    """The alternatives of anyOf and oneOf, combined where there are both; one empty schema where there is neither."""
    several = [schema[key] for key in ("anyOf", "oneOf") if key in schema]
    if len(several) < 2:
        return list(several[0]) if several else [ANY]
    return [{"allOf": list(pair)} for pair in product(*several)]
