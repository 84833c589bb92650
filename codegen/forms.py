"""Reduced schemas put together: what satisfies all of several, or one of them.

A form is a reduced schema whose alternatives stand in one `anyOf`, with nothing beside it but a default.
"""

from collections.abc import Iterable
from itertools import product

from codegen.contract import Schema

BOUNDS = ("minimum", "maximum")
LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
KEPT = ("enum", "default", *BOUNDS, *LENGTHS)
ORDER = ("type", "properties", "required", "additionalProperties", "items", "anyOf", *KEPT)
#: What says something of one type only.
OF_TYPE = {
    "object": frozenset({"properties", "required", "additionalProperties", "minProperties", "maxProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"minLength", "maxLength"}),
    "number": frozenset(BOUNDS),
    "integer": frozenset(BOUNDS),
}
OF_ANY = frozenset().union(*OF_TYPE.values())
LARGEST = ("minimum", "minLength", "minItems", "minProperties")  # of which the larger of two holds
SMALLEST = ("maximum", "maxLength", "maxItems", "maxProperties")
MOST_ALTERNATIVES = 32
BLANK: Schema = {"type": "string", "maxLength": 0}  # an enum's "", for not every client takes that among the others


class ContradictionError(Exception):
    """Two schemas that no value satisfies."""


def all_of(forms: Iterable[Schema]) -> Schema:
    """What satisfies all of them. Raises ContradictionError."""
    result: Schema = {}
    for form in forms:
        result = both(result, form)
    return result


def any_of(forms: Iterable[Schema]) -> Schema:
    """What satisfies one of them: enums in one, and objects that differ in what they require as one."""
    unique: list[Schema] = []
    for form in forms:
        for one in form.get("anyOf", [form]):
            if one not in unique:
                unique.append(one)
    if not unique or {} in unique:
        return {}
    joined: list[Schema] = []
    for form in unique:
        for index, other in enumerate(joined):
            if (union := _joined(other, form)) is not None:
                joined[index] = union
                break
        else:
            joined.append(form)
    return joined[0] if len(joined) == 1 else {"anyOf": joined}


def _joined(one: Schema, other: Schema) -> Schema | None:
    """One form for two alternatives, where that takes nothing more than an API's own check would refuse."""
    differing = {key for key in one.keys() | other.keys() if one.get(key, ...) != other.get(key, ...)}
    if differing == {"enum"} and "enum" in one and "enum" in other:
        return {**one, "enum": [*one["enum"], *(value for value in other["enum"] if value not in one["enum"])]}
    if differing == {"required"} and one.get("type") == "object":
        common = [name for name in one.get("required", ()) if name in other.get("required", ())]
        return {**one, "required": common}
    return None


def both(one: Schema, other: Schema) -> Schema:
    """One form for what satisfies both. Raises ContradictionError."""
    if "anyOf" in one or "anyOf" in other:
        return _distributed(one, other)
    merged = {**one, **other}
    if "type" in one and "type" in other:
        merged["type"] = _common_type(one["type"], other["type"])
    for key in one.keys() & other.keys():
        left, right = one[key], other[key]
        if key == "properties":
            merged[key] = {**left, **right} | {name: both(left[name], right[name]) for name in left if name in right}
        elif key == "required":
            merged[key] = list(dict.fromkeys([*left, *right]))
        elif key == "enum":
            merged[key] = [value for value in left if value in right]
        elif key == "items":
            merged[key] = both(left, right)
        elif key == "additionalProperties":
            merged[key] = False if left is False or right is False else both(left, right)
        elif key in LARGEST:
            merged[key] = max(left, right)
        elif key in SMALLEST:
            merged[key] = min(left, right)
    if "enum" in merged and (not merged["enum"] or BLANK in (one, other)):
        raise ContradictionError("no value is in both enums")
    return of_its_type(merged)


def _distributed(one: Schema, other: Schema) -> Schema:
    """The same where there are alternatives: every one of the first with every one of the second."""
    pairs = list(product(one.get("anyOf", [{}]), other.get("anyOf", [{}])))
    if len(pairs) > MOST_ALTERNATIVES:
        raise ContradictionError(f"there are {len(pairs)} combinations")
    beside = both(*({key: value for key, value in form.items() if key != "anyOf"} for form in (one, other)))
    default = {"default": beside.pop("default")} if "default" in beside else {}
    forms: list[Schema] = []
    contradictions: list[ContradictionError] = []
    for pair in pairs:
        try:
            forms.append(all_of([*pair, beside]))
        except ContradictionError as error:
            contradictions.append(error)
    if not forms:
        raise contradictions[0]
    return {**any_of(forms), **default}


def _common_type(one: str, other: str) -> str:
    if one == other:
        return one
    if {one, other} == {"integer", "number"}:
        return "integer"
    raise ContradictionError(f"nothing is both {one} and {other}")


def without(schema: Schema, form: Schema) -> Schema:
    """A form without one of its alternatives; what is nothing else stays."""
    if form not in schema.get("anyOf", ()):
        return schema
    rest = [one for one in schema["anyOf"] if one != form]
    others = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**any_of(rest), **others}


def tidied(schema: Schema) -> Schema:
    """A form as clients see it: what it requires is among its properties, what is open says so, keywords in order."""
    if "anyOf" in schema:
        schema = {**schema, "anyOf": [tidied(form) for form in schema["anyOf"]]}
    if schema.get("type") == "object":
        known = schema.get("properties", {})
        schema = {**schema, "required": [name for name in schema.get("required", ()) if name in known]}
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
            schema.setdefault("properties", {})
        elif not known:
            schema.setdefault("additionalProperties", {})
            schema.pop("properties", None)
        if not schema["required"]:
            del schema["required"]
    return {key: schema[key] for key in ORDER if key in schema}


def of_its_type(form: Schema) -> Schema:
    """The form without what is said of other types."""
    kind = form.get("type")
    if kind is None:
        return form
    own = OF_TYPE.get(kind, frozenset())
    return {key: value for key, value in form.items() if key in own or key not in OF_ANY}
