"""A value and a schema -> the value that was meant.

`place` is where the value stands, e.g. legs[0].price. What can't be taken is left as it came, with why in `problems`
under its place; what isn't as the schema says otherwise is for a validator to find.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from jsonschema import Draft202012Validator

from hbmcp.arguments.json_types import IS, TO, Misfit, Schema, exact, kinds_of
from hbmcp.arguments.problems import expected


def closed(schema: Schema) -> Schema:
    """The schema as it is meant: an object with `properties` has no others, if it doesn't say which."""
    inner: dict[str, Any] = {
        "properties": lambda found: {name: closed(one) for name, one in found.items()},
        "anyOf": lambda found: [closed(one) for one in found],
        "items": closed,
        "additionalProperties": lambda found: closed(found) if isinstance(found, Mapping) else found,
    }
    found = {key: inner[key](value) if key in inner else value for key, value in schema.items()}
    return {"additionalProperties": False, **found} if "properties" in schema else found


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: null, blank text, or an empty list or object."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def fit_object(value: Mapping[str, Any], schema: Schema, place: str, problems: dict[str, str]) -> dict[str, Any]:
    """An object with its values fitted, without the optional ones that were sent empty: null or blank text.

    Clients with strict function calling have to send every argument.
    """
    properties: Mapping[str, Schema] = schema.get("properties", {})
    required = schema.get("required", ())
    others = schema.get("additionalProperties", {})
    fitted = {}
    for name, one in value.items():
        rule = properties.get(name, others if isinstance(others, Mapping) else {})
        inside = f"{place}.{name}" if place else name
        if name in properties and name not in required:
            if (one is None and not _takes_null(rule)) or (_is_blank(one) and rule and not _takes_blank(rule)):
                continue
        elif name in required and one in ("", []) and not _takes_blank(rule):
            problems[inside] = f"is empty; expected {expected(rule, name)}"
        fitted[name] = fit(one, rule, inside, problems)
    return fitted


def fit(value: Any, schema: Schema, place: str, problems: dict[str, str]) -> Any:
    """Any value, as its schema would have it."""
    kinds = kinds_of(schema)
    try:
        if not kinds:
            branches = schema.get("anyOf") or schema.get("oneOf")
            return _fit_branch(value, branches, place) if branches else _enum_spelling(exact(value), schema)
        kind = next((kind for kind in kinds if IS[kind](value)), "")
        for candidate in [kind] if kind else kinds:
            converted = TO[candidate](value)
            if converted is not value:
                value, kind = converted, candidate
                break
    except Misfit as misfit:
        problems[place] = str(misfit)
        return value
    if isinstance(value, dict) and kind == "object":
        return fit_object(value, schema, place, problems)
    if isinstance(value, list) and kind == "array":
        items = schema.get("items", {})
        return [fit(item, items, f"{place}[{index}]", problems) for index, item in enumerate(value)]
    return _enum_spelling(value, schema)


def _fit_branch(value: Any, branches: Sequence[Schema], place: str) -> Any:
    """The value as the first branch takes it, one that needs no change before one that does."""
    as_sent = exact(value)
    fitting = [branch for branch in branches if Draft202012Validator(branch).is_valid(as_sent)]
    for branch in fitting or branches:
        problems: dict[str, str] = {}
        fitted = fit(value, branch, place, problems)
        if not problems and Draft202012Validator(branch).is_valid(fitted):
            return fitted
    return as_sent


def _enum_spelling(value: Any, schema: Schema) -> Any:
    """The enum's spelling of a value that differs from it in blanks only, or in the case of letters that tell none of
    the choices apart: of 1m and 1M, 1H is 1h, and 3M isn't 3m."""
    choices = schema.get("enum")
    if not choices or not isinstance(value, str) or value in choices:
        return value
    names = [one for one in choices if isinstance(one, str)]
    telling = {
        letter
        for one, other in combinations(names, 2)
        if one.casefold() == other.casefold()
        for pair in zip(one, other, strict=False)
        if pair[0] != pair[1]
        for letter in pair
    }

    def folded(text: str) -> str:
        return "".join(letter if letter in telling else letter.casefold() for letter in text)

    meant = [one for one in names if folded(one) == folded(value.strip())]
    return meant[0] if len(meant) == 1 else value


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _takes_blank(schema: Schema) -> bool:
    """Whether blank text is a value of its own: one of an enum's, or in a form for just that."""
    forms = schema.get("anyOf", [schema])
    return any(form.get("maxLength") == 0 or "" in form.get("enum", ()) for form in forms)


def _takes_null(schema: Schema) -> bool:
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return (
        "null" in kinds_of(schema)
        or None in schema.get("enum", ())
        or any(_takes_null(branch) for branch in branches)
        or not (schema.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf"})
    )
