"""What is wrong with an argument, in words: what was expected, an example, what came instead."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from jsonschema.exceptions import ValidationError

from hbmcp.arguments.json_types import Schema, kinds_of
from hbmcp.did_you_mean import nearest
from hbmcp.secret_names import names_secret
from hbmcp.text import beginning, quoted, visible

SHOWN = 60  # characters of a wrong value or name
ENUM_SHOWN = 12

_KINDS = {
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_EXAMPLES: dict[str, Any] = {
    "string": "text",
    "number": 0.1,
    "integer": 10,
    "boolean": True,
    "object": {},
    "array": [],
    "null": None,
}
_EXAMPLES_BY_NAME = {
    "account_name": "master_account",
    "account_names": ["master_account"],
    "connector_name": "binance",
    "connector_names": ["binance"],
    "trading_pair": "BTC-USDT",
    "trading_pairs": ["BTC-USDT"],
}
_HARDLY_ANYTHING = Decimal("1e-15")  # a minimum below it means more than 0, for not every client knows that bound
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "multipleOf": "a multiple of {}",
    "pattern": "text that matches {}",
    "const": "{}",
}


def unknown(name: str, names: Collection[str], what: str = "argument") -> str:
    """That a tool has no such argument, or an object no such field, and which it has."""
    if near := nearest(name, names, likeness=0.5):
        return f"no such {what}; did you mean {near[0]}?"
    return f"no such {what}; there are {', '.join(names)}" if names else f"it takes no {what}s"


def told(error: ValidationError, *, echo: bool) -> Iterator[tuple[str, str]]:
    """What a validator found, as places and texts. What came is quoted only with `echo`."""
    place = _place(error.absolute_path)
    schema: Schema = error.schema  # type: ignore[assignment]  # false, which has no keywords, isn't told here
    rules: Mapping[str, Schema] = schema.get("properties", {})
    rule: Any = error.validator_value
    instance: Any = error.instance
    name = str(error.absolute_path[-1]) if error.absolute_path else ""
    match error.validator:
        case "required":
            for missing in rule:
                if missing not in instance:
                    where = f"{place}.{missing}" if place else missing
                    yield where, f"missing; expected {expected(rules.get(missing, {}), missing)}"
            return
        case "additionalProperties" if isinstance(instance, dict):
            for extra in [one for one in instance if one not in rules]:
                yield f"{place}.{extra}", unknown(str(extra), rules, "field")
            return
        case "anyOf" | "oneOf":
            wanted = " or ".join(expected(branch) for branch in rule)
        case "minimum" if 0 < rule < _HARDLY_ANYTHING:
            wanted = "more than 0"
        case keyword if keyword in _BOUNDS:
            wanted = _BOUNDS[str(keyword)].format(_json(rule))
        case _:
            wanted = expected(schema, name)
    got = _shown(instance) if echo and not names_secret(place) else "something else"
    yield place, f"expected {wanted}, got {got}"


def expected(schema: Schema, name: str = "") -> str:
    """ "a number, e.g. 0.1"; "one of BUY, SELL" """
    if choices := schema.get("enum"):
        shown = ", ".join(str(one) for one in choices[:ENUM_SHOWN])
        return f"one of {shown}" + (f", … ({len(choices)} in all)" if len(choices) > ENUM_SHOWN else "")
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(expected(branch) for branch in branches)
    kinds = kinds_of(schema)
    if not kinds:
        return "a value"
    what = " or ".join(_KINDS[kind] for kind in kinds)
    if fields := schema.get("properties"):
        what += f" with {', '.join(fields)}"
    items = schema.get("items", {})
    if "array" in kinds and (items.get("type") or items.get("enum")):
        what += f", each {expected(items).partition(', e.g.')[0]}"
    if "description" in schema:
        return f"{what} ({schema['description']})"
    example = _example(schema, name)
    return what if example in ("text", True, {}) else f"{what}, e.g. {_json(example)}"


def _example(schema: Schema, name: str) -> Any:
    if "default" in schema:
        return schema["default"]
    if name in _EXAMPLES_BY_NAME:
        return _EXAMPLES_BY_NAME[name]
    if choices := schema.get("enum"):
        return choices[0]
    kinds = kinds_of(schema)
    if not kinds:
        return "text"
    match kinds[0]:
        case "array":
            return [_example(schema.get("items", {}), "")]
        case "object":
            rules: Mapping[str, Schema] = schema.get("properties", {})
            return {one: _example(rules[one], one) for one in schema.get("required", ()) if one in rules}
        case "integer" | "number" if "minimum" in schema:
            return max(schema["minimum"], 1)
        case kind:
            return _EXAMPLES[kind]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value, SHOWN)
    return beginning(visible(_json(value)), SHOWN)


def _place(path: Iterable[str | int]) -> str:
    """["legs", 0, "price"] -> legs[0].price"""
    place = ""
    for step in path:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else step
    return place


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
