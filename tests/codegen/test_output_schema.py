"""What programs are told that an operation answers: the names and lists of the contract, and none of its strictness."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from codegen.contract import Operation
from codegen.output_schema import output_schema
from tests.replay.contract_rules import pinned
from tests.replay.examples import example

TEXT = {"type": ["string", "number", "null"]}
NUMBER = {"type": ["number", "string", "null"]}


def loose(response: Any, **schemas: Any) -> Any:
    return output_schema(response, schemas)


@pytest.mark.parametrize("operation", pinned().operations.values(), ids=lambda one: one.key)
def test_what_the_contract_promises_fits_and_so_does_what_is_like_it(operation: Operation) -> None:
    schema = output_schema(operation.response, pinned().schemas)
    Draft202012Validator.check_schema(schema)
    promised = example(operation.response or {})
    for change in (lambda one: one, _as_text, lambda _: None):
        Draft202012Validator(schema).validate(_changed(promised, change))
    Draft202012Validator(schema).validate(_without_half(promised))


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {name: _changed(one, change) for name, one in value.items()}
    return [_changed(one, change) for one in value] if isinstance(value, list) else change(value)


def _without_half(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_half(one) for name, one in list(value.items())[::2]} | {"new": None}
    return list(map(_without_half, value)) if isinstance(value, list) else value


def test_nothing_is_required_closed_bounded_or_enumerated() -> None:
    strict = {
        "type": "object",
        "required": ["side"],
        "additionalProperties": False,
        "properties": {
            "side": {"type": "string", "enum": ["BUY", "SELL"], "default": "BUY"},
            "amount": {"type": "number", "exclusiveMinimum": 0},
            "done": {"type": "boolean"},
            "at": {"type": "string", "format": "date-time"},
            "any": {},
        },
    }
    assert loose(strict) == {
        "type": ["object", "null"],
        "properties": {"side": TEXT, "amount": NUMBER, "done": {"type": ["boolean", "null"]}, "at": TEXT, "any": {}},
    }


def test_what_the_contract_does_not_say_is_left_open() -> None:
    for said in (None, {}, {"anyOf": [{"type": "object"}, {}]}):
        assert loose(said) == {}
    assert loose({"type": "array", "items": {}}) == {"type": ["array", "null"]}
    assert loose({"type": "array", "prefixItems": [{"type": "string"}]}) == {"type": ["array", "null"]}
    mixed = {"patternProperties": {"^x": {"type": "array"}}, "additionalProperties": {"type": "string"}}
    assert loose(mixed) == {"type": ["object", "null"]}


def test_one_of_several_types_is_any_of_them() -> None:
    assert loose({"anyOf": [{"type": "number"}, {"type": "string"}]}) == {"type": ["number", "string", "null"]}
    assert loose({"type": ["integer", "null"]}) == NUMBER
    assert loose({"enum": ["a", 1]}) == TEXT
    assert loose({"anyOf": [{"type": "null"}, {"const": True}]}) == {"type": ["boolean", "null"]}
    rows = {"type": "array", "items": {"type": "string"}}
    assert loose({"oneOf": [rows, {"type": "string"}, {"type": "null"}]}) == {
        "anyOf": [{"type": ["array", "null"], "items": TEXT}, TEXT]
    }


def test_components_stand_beside_it_and_may_contain_themselves() -> None:
    tree = {"properties": {"name": {"type": "string"}, "inner": {"type": "array", "items": _ref("Tree")}}}
    schema = loose({"anyOf": [_ref("Tree"), {"type": "null"}]}, Tree=tree, Other={"type": "string"})
    assert schema == {
        "$ref": "#/$defs/Tree",
        "$defs": {
            "Tree": {
                "type": ["object", "null"],
                "properties": {
                    "name": TEXT,
                    "inner": {"type": ["array", "null"], "items": {"$ref": "#/$defs/Tree"}},
                },
            }
        },
    }
    Draft202012Validator(schema).validate({"inner": [{"inner": [{"name": 5}]}, None]})


def test_a_component_with_an_odd_name_is_found() -> None:
    schema = loose(_ref("Page~1of%5BOrder%5D"), **{"Page/of[Order]": {"type": "array"}})
    Draft202012Validator(schema).validate([])
    assert not Draft202012Validator(schema).is_valid(5)


def test_what_is_combined_stays_so() -> None:
    both = {"allOf": [_ref("Base"), {"properties": {"price": {"type": "number"}}}]}
    assert loose(both, Base={"type": "object"})["allOf"] == [
        {"$ref": "#/$defs/Base"},
        {"type": ["object", "null"], "properties": {"price": NUMBER}},
    ]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
