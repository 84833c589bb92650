"""A tool's input schema: small, without references, and no stricter than the contract."""

from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.schema import annotation, reduce

FORBIDDEN = {"$ref", "title", "nullable", "oneOf", "allOf", "const", "format", "pattern", "description", "examples"}


@pytest.mark.parametrize(
    ("schema", "reduced", "python"),
    [
        ({"type": ["string", "null"], "default": None}, {"type": "string"}, "str"),
        ({"anyOf": [{"type": "integer", "minimum": 1.0}, {"type": "null"}]}, {"type": "integer", "minimum": 1}, "int"),
        (
            {"anyOf": [{"type": "number", "exclusiveMinimum": 0.0}, {"type": "string", "pattern": r"^\d+$"}]},
            {"type": "number", "exclusiveMinimum": 0},
            "Decimal",
        ),
        ({"enum": ["BUY", "SELL", None]}, {"type": "string", "enum": ["BUY", "SELL"]}, 'Literal["BUY", "SELL"]'),
        ({"const": 3}, {"type": "integer", "enum": [3]}, "Literal[3]"),
        ({"type": "array"}, {"type": "array", "items": {}}, "list[Any]"),
        (
            {"type": "array", "items": {"type": "number"}},
            {"type": "array", "items": {"type": "number"}},
            "list[Decimal]",
        ),
        ({"type": "object", "additionalProperties": True}, {"type": "object"}, "dict[str, Any]"),
        (
            {"oneOf": [{"type": "object"}, {"type": "string"}]},
            {"anyOf": [{"type": "object"}, {"type": "string"}]},
            "dict[str, Any] | str",
        ),
        (
            {"type": ["integer", "string"], "default": 5},
            {"anyOf": [{"type": "integer"}, {"type": "string"}], "default": 5},
            "int | str",
        ),
        ({}, {}, "Any"),
        (True, {}, "Any"),
    ],
)
def test_reduces_to_the_portable_form(schema: Any, reduced: dict[str, Any], python: str) -> None:
    assert reduce(schema, {}) == reduced
    assert annotation(reduced) == python


def test_merges_all_of_through_references() -> None:
    schemas = {"Base": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}}
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}]
    }
    assert reduce(schema, schemas) == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    }


def test_cuts_recursion_and_says_so() -> None:
    schemas = {"Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}}}}
    notices: list[str] = []
    reduced = reduce({"$ref": "#/components/schemas/Node"}, schemas, notices.append)
    assert reduced == {"type": "object", "properties": {"next": {"type": "object"}}}
    assert notices == ["Node contains itself: offered as a free-form object from the second level on"]


def test_leaves_out_what_only_answers_have() -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}},
        "required": ["id", "name"],
    }
    assert reduce(schema, {}) == {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


SCALARS = st.sampled_from(
    [
        {"type": "string", "title": "T", "format": "date"},
        {"type": ["string", "null"], "maxLength": 4},
        {"type": "integer", "minimum": 0.0, "description": "d"},
        {"type": "number", "exclusiveMinimum": 0.5},
        {"type": "boolean", "default": None},
        {"enum": ["a", "b", None]},
        {"const": "x"},
        {"type": "null"},
        {"$ref": "#/components/schemas/Name"},
        {"$ref": "#/components/schemas/Tree"},
        {},
    ]
)
SCHEMAS = {
    "Name": {"type": "string", "title": "Name", "maxLength": 9},
    "Tree": {
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    },
}


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(["a", "title", "from", "type"])
    return st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda forms: {"anyOf": forms}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda forms: {"oneOf": forms}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda values: {"type": "object", "additionalProperties": values}, inner),
        st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)[:1]},
            st.dictionaries(names, inner, max_size=3),
        ),
    )


ANY_SCHEMA = st.recursive(SCALARS, _deeper, max_leaves=8)


def _keywords(schema: Any) -> set[str]:
    """All keywords in a schema; the names of properties are none."""
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for inner in schema.get("properties", {}).values():
        found |= _keywords(inner)
    for inner in [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", [])]:
        found |= _keywords(inner)
    return found


@given(ANY_SCHEMA)
def test_any_schema_becomes_portable(schema: dict[str, Any]) -> None:
    reduced = reduce(schema, SCHEMAS)
    jsonschema.Draft202012Validator.check_schema(reduced)
    assert not _keywords(reduced) & FORBIDDEN
    assert reduced.get("type") is None or isinstance(reduced["type"], str)
    compile(annotation(reduced), "<annotation>", "eval")


@given(
    ANY_SCHEMA,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda v: st.lists(v, max_size=2) | st.dictionaries(st.sampled_from(["a", "from"]), v, max_size=2),
    ),
)
def test_never_refuses_what_the_contract_takes(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "components": {"schemas": SCHEMAS}} if schema else schema
    if value is not None and not _has_null(value) and jsonschema.Draft202012Validator(whole).is_valid(value):
        jsonschema.validate(value, reduce(schema, SCHEMAS))


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null(inner) for inner in value.values())
    return value is None or (isinstance(value, list) and any(_has_null(inner) for inner in value))


def test_a_decimal_is_a_decimal() -> None:
    assert annotation({"type": "number"}) == Decimal.__name__
