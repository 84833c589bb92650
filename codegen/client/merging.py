"""allOf: several schemas -> one schema for what satisfies them all."""

from collections.abc import Collection, Iterable
from itertools import product
from typing import Any

from codegen.client.keywords import KEPT, alternatives, without
from codegen.contract import Schema, schema_name

_MOST_ALTERNATIVES = 32
_DEEPEST = 1  # how often a schema may be merged inside of itself, for its base class may be used again there


class ContradictionError(Exception):
    """Two parts of an allOf that no value satisfies, or that we can't put together."""


class Merger:
    """Merges the parts of one allOf. `met` collects the names of the schemas that are put together.

    `inside` are the schemas whose parts are just being put together, the allOf somewhere in them.
    """

    def __init__(self, schemas: dict[str, Schema], inside: Collection[str]) -> None:
        self.schemas, self.inside = schemas, list(inside)
        self.met: set[str] = set()

    def merge(self, parts: Iterable[Schema], seen: frozenset[str] = frozenset()) -> Schema:
        """One schema for all the parts, `$ref` and allOf resolved at the top; `seen` are references on the way here.

        Raises:
            ContradictionError: they don't go together.
        """
        result: Schema = {}
        for part in parts:
            result = _both(result, self._flat(part, seen))
        return result

    def _flat(self, schema: Schema, seen: frozenset[str]) -> Schema:
        beside = {key: value for key, value in schema.items() if key in KEPT - {"$ref", "allOf"}}
        if "const" in beside:
            beside["enum"] = [beside.pop("const")]
        parts = [*schema.get("allOf", ())]
        if "$ref" in schema:
            name = schema_name(schema["$ref"])
            if name in seen or self.inside.count(name) > _DEEPEST:
                raise ContradictionError(f"{name} is a part of itself")
            seen |= {name}
            self.met.add(name)
            parts.append(self.schemas[name])
        return _both(self.merge(parts, seen), beside) if parts else beside


def _both(first: Schema, second: Schema) -> Schema:
    """One schema for what satisfies both."""
    if "anyOf" in first or "oneOf" in first or "anyOf" in second or "oneOf" in second:
        return _distributed(first, second)
    result = {**first, **second}
    for key in [key for key in first if key in second]:
        one, other = first[key], second[key]
        if one == other:
            continue
        if key == "type":
            result[key] = _common_type(one, other)
        elif key == "properties":
            result[key] = {**one, **other} | {
                name: {"allOf": [one[name], other[name]]} for name in one if name in other and one[name] != other[name]
            }
        elif key == "required":
            result[key] = [*one, *(name for name in other if name not in one)]
        elif key == "enum":
            result[key] = [value for value in one if value in other]
            if not result[key]:
                raise ContradictionError("no value is in both enums")
        elif key in ("items", "additionalProperties") and isinstance(one, dict) and isinstance(other, dict):
            result[key] = {"allOf": [one, other]}
        elif key == "additionalProperties":
            result[key] = next((value for value in (one, other) if isinstance(value, dict)), one or other)
    return result


def _distributed(first: Schema, second: Schema) -> Schema:
    """The same where there are alternatives: every one of the first with every one of the second."""
    pairs = list(product(alternatives(first), alternatives(second)))
    if len(pairs) > _MOST_ALTERNATIVES:
        raise ContradictionError(f"they have {len(pairs)} combinations")
    base = _both(without(first, "anyOf", "oneOf"), without(second, "anyOf", "oneOf"))
    combined: list[Schema] = []
    for pair in pairs:
        parts = [part for part in (*pair, base) if part]
        combined.append(parts[0] if len(parts) == 1 else {"allOf": parts})
    return {"anyOf": combined} if any(combined) else base


def _common_type(one: Any, other: Any) -> Any:
    first = one if isinstance(one, list) else [one]
    second = other if isinstance(other, list) else [other]
    common = [kind for kind in first if kind in second]
    if "integer" in (*first, *second) and "number" in (*first, *second) and "integer" not in common:
        common = ["integer", *(kind for kind in common if kind != "number")]
    if not common:
        raise ContradictionError(f"{one} and {other}")
    return common[0] if len(common) == 1 else common
