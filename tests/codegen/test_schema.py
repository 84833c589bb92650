"""A tool's input schema: small, without references, and no stricter than the contract."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.schema import annotation, reduce

FORBIDDEN = {
    "exclusiveMinimum",
    "patternProperties",
    "$ref",
    "title",
    "nullable",
    "oneOf",
    "allOf",
    "const",
    "format",
    "pattern",
    "description",
    "examples",
}


@pytest.mark.parametrize(
    ("schema", "reduced", "python"),
    [
        ({"type": ["string", "null"], "default": None}, {"type": "string"}, "str"),
        ({"anyOf": [{"type": "integer", "minimum": 1.0}, {"type": "null"}]}, {"type": "integer", "minimum": 1}, "int"),
        (
            {"anyOf": [{"type": "number", "exclusiveMinimum": 0.0}, {"type": "string", "pattern": r"^\d+$"}]},
            {"type": "number", "minimum": 1e-18},
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
        (
            {"type": "object", "additionalProperties": True},
            {"type": "object", "additionalProperties": {}},
            "dict[str, Any]",
        ),
        (
            {"oneOf": [{"type": "object"}, {"type": "string"}]},
            {"anyOf": [{"type": "object", "additionalProperties": {}}, {"type": "string"}]},
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
    assert reduced == {"type": "object", "properties": {"next": {"type": "object", "additionalProperties": {}}}}
    assert notices == ["Node contains itself: offered as a free-form object from the second level on"]


def test_leaves_out_what_only_answers_have() -> None:
    schema = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}},
        "required": ["id", "name"],
    }
    assert reduce(schema, {}) == {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


A, B = {"type": "string"}, {"type": "integer"}
SIZE = {"type": "object", "properties": {"width": B}, "required": ["width"]}


@pytest.mark.parametrize(
    ("schema", "reduced"),
    [
        # What is needed together can't be said to every client; what is needed in any case can.
        (
            {"properties": {"a": A, "b": B, "c": B}, "anyOf": [{"required": ["a", "b"]}, {"required": ["a", "c"]}]},
            {"type": "object", "properties": {"a": A, "b": B, "c": B}, "required": ["a"]},
        ),
        (
            {"type": "object", "properties": {"a": A}, "required": ["a"], "oneOf": [SIZE, {"properties": {"b": B}}]},
            {
                "anyOf": [
                    {"type": "object", "properties": {"width": B, "a": A}, "required": ["width", "a"]},
                    {"type": "object", "properties": {"b": B, "a": A}, "required": ["a"]},
                ]
            },
        ),
        (
            {"allOf": [{"anyOf": [A, B]}, {"oneOf": [B, {"type": "boolean"}]}], "minimum": 2, "maxLength": 3},
            {"type": "integer", "minimum": 2},
        ),
        (
            {"$ref": "#/components/schemas/Size", "anyOf": [{"properties": {"a": A}}, {"properties": {"b": A}}]},
            {
                "anyOf": [
                    {"type": "object", "properties": {"width": B, "a": A}, "required": ["width"]},
                    {"type": "object", "properties": {"width": B, "b": A}, "required": ["width"]},
                ]
            },
        ),
        ({"allOf": [A, B]}, {}),
        ({"anyOf": [{"enum": ["a"]}, {"$ref": "#/components/schemas/Null"}]}, {"type": "string", "enum": ["a"]}),
        (
            {"oneOf": [{"enum": ["a", ""]}, {"enum": [""]}, {"enum": ["b", None]}]},
            {"type": "string", "enum": ["a", "b"]},
        ),
        ({"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}),
        ({"properties": {"a": A, "gone": {"enum": [None]}}}, {"type": "object", "properties": {"a": A}}),
        (
            {"type": "object", "patternProperties": {"^x": A}, "additionalProperties": False},
            {"type": "object", "additionalProperties": A},
        ),
        (
            {"properties": {"a": A}, "patternProperties": {"^x": A}, "additionalProperties": B},
            {"type": "object", "properties": {"a": A}, "additionalProperties": {"anyOf": [A, B]}},
        ),
        ({"type": "object", "patternProperties": {"^x": A}}, {"type": "object", "additionalProperties": {}}),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "properties": {}}),
        (
            {"properties": {"a": A}, "additionalProperties": False},
            {"type": "object", "properties": {"a": A}},
        ),
        (
            {"properties": {"a": A}, "additionalProperties": True},
            {"type": "object", "properties": {"a": A}, "additionalProperties": {}},
        ),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9.5}, {**B, "minimum": 1, "maximum": 9}),
        ({"type": "number", "exclusiveMaximum": 0}, {"type": "number", "maximum": -1e-18}),
        ({"type": "integer", "default": "7"}, {"type": "integer", "default": 7}),
        ({"type": "boolean", "default": "False"}, {"type": "boolean", "default": False}),
        ({"type": "string", "default": 5}, {"type": "string", "default": "5"}),
        ({"enum": ["a"], "default": "gone"}, {"type": "string", "enum": ["a"]}),
        ({"type": "integer", "default": {}}, {"type": "integer"}),
        ({"anyOf": [{"type": "number"}, A], "default": "0.5"}, {"type": "number", "default": 0.5}),
    ],
)
def test_keeps_all_that_stands_beside_and_only_what_is_portable(schema: Any, reduced: dict[str, Any]) -> None:
    assert reduce(schema, {"Null": {"enum": [None]}, "Size": SIZE}) == reduced


def test_null_and_blank_stay_where_nothing_can_be_left_out_instead() -> None:
    null = {"type": "null"}
    blank = {"type": "string", "maxLength": 0}
    text = {"type": ["string", "null"]}
    schema = {
        "type": "object",
        "required": ["a", "choice"],
        "properties": {
            "a": text,
            "choice": {"enum": ["x", "", None]},
            "b": text,
            "list": {"type": "array", "items": text},
            "map": {"type": "object", "additionalProperties": text},
        },
    }
    either = {"anyOf": [A, null]}
    needed = {
        "a": either,
        "choice": {"anyOf": [{"type": "string", "enum": ["x"]}, null, blank]},
        "b": A,
        "list": {"type": "array", "items": either},
        "map": {"type": "object", "additionalProperties": either},
    }
    assert reduce(schema, {}, nulls="needed")["properties"] == needed
    assert reduce(schema, {}, nulls="always")["properties"] == needed | {"b": either}
    assert reduce(schema, {})["properties"]["a"] == A
    assert annotation(needed["choice"]) == 'Literal["x"] | None | Literal[""]'


def test_says_what_it_leaves_out() -> None:
    notices: list[str] = []
    reduce({"allOf": [A, B]}, {}, notices.append)
    reduce({"type": "integer", "default": "many"}, {}, notices.append)
    assert notices == [
        "nothing is both string and integer: any value is offered",
        "the default 'many' is not what the API takes: left out",
    ]


SCALARS = st.sampled_from(
    [
        {"type": "string", "title": "T", "format": "date"},
        {"type": ["string", "null"], "maxLength": 4},
        {"type": "integer", "minimum": 0.0, "description": "d"},
        {"type": "number", "exclusiveMinimum": 0.5},
        {"type": "boolean", "default": None},
        {"enum": ["a", "b", None]},
        {"enum": ["", "b"], "default": "c"},
        {"enum": [None]},
        {"const": "x"},
        {"type": "null"},
        {"type": "object", "patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["from"]}],
        },
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
        st.builds(lambda parts: {"allOf": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda base, forms: {**base, "oneOf": forms}, inner, st.lists(inner, min_size=1, max_size=2)),
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


def _values(schema: Any, keyword: str) -> Iterator[Any]:
    """All values of a keyword; what JSON has under that name elsewhere is no matter here."""
    if isinstance(schema, dict):
        if keyword in schema:
            yield schema[keyword]
        for inner in schema.values():
            yield from _values(inner, keyword)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _values(inner, keyword)


@given(ANY_SCHEMA)
def test_any_schema_becomes_portable(schema: dict[str, Any]) -> None:
    reduced = reduce(schema, SCHEMAS)
    jsonschema.Draft202012Validator.check_schema(reduced)
    assert not _keywords(reduced) & FORBIDDEN
    assert reduced.get("type") is None or isinstance(reduced["type"], str)
    assert not any(isinstance(value, bool) for value in _values(reduced, "additionalProperties"))
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
    if jsonschema.Draft202012Validator(whole).is_valid(value):
        jsonschema.validate(value, reduce(schema, SCHEMAS, nulls="always"))
        if not _has(value, None) and not _has(value, ""):
            jsonschema.validate(value, reduce(schema, SCHEMAS))


def _has(value: Any, wanted: Any) -> bool:
    if isinstance(value, dict):
        return any(_has(inner, wanted) for inner in value.values())
    return value == wanted or (isinstance(value, list) and any(_has(inner, wanted) for inner in value))


def test_a_decimal_is_a_decimal() -> None:
    assert annotation({"type": "number"}) == Decimal.__name__


def test_what_holds_itself_doubled_at_each_level_is_any_value() -> None:
    following = [{"$ref": f"#/components/schemas/A{number}"} for number in range(41)]
    schemas: dict[str, Any] = {
        f"A{number}": {"type": "object", "properties": {"a": following[number + 1], "b": following[number + 1]}}
        for number in range(40)
    }
    told: list[str] = []
    assert reduce(following[0], {**schemas, "A40": {"type": "string"}}, told.append) == {}
    assert told == ["it has more than 10,000 parts: any value is offered"]


def test_what_holds_another_many_levels_deep_is_any_value_there() -> None:
    schemas: dict[str, Any] = {
        f"A{number}": {"type": "object", "properties": {"a": {"$ref": f"#/components/schemas/A{number + 1}"}}}
        for number in range(900)
    }
    told: list[str] = []
    reduced = reduce({"$ref": "#/components/schemas/A0"}, {**schemas, "A900": {"type": "string"}}, told.append)
    assert told == ["A50 is more than 50 levels deep: offered as any value"]
    assert str(reduced).count("properties") == 50
