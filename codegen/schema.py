"""The JSON Schema of a tool's input: dereferenced, reduced, portable across clients.

Every client reads the same small subset of JSON Schema 2020-12: one `type`, `properties`, `required`, `items`, `enum`,
`default`, inclusive bounds, lengths and, where a value really has several forms, `anyOf`. What only an API can check
(patterns, `not`, `if`, `uniqueItems`, which properties are needed together, …) is left to the API.

`additionalProperties` is a schema or absent, never a boolean: one SDK's converter fails on those, and others close
what says nothing. So an object with `properties` is closed unless it says more, and a free-form one says `{}`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias

import jsonschema

from codegen.client.keywords import NULL, is_array, is_number_or_text, is_object
from codegen.client.shapes import literal_annotation
from codegen.contract import Schema, schema_name
from codegen.forms import BLANK, KEPT, ContradictionError, all_of, any_of, both, of_its_type, tidied, without

PYTHON_TYPES = {"string": "str", "integer": "int", "number": "Decimal", "boolean": "bool"}
EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
JUST_ABOVE_ZERO = 1e-18  # less than any amount: one unit of a token with the most decimals in use

MOST_PARTS = 10_000  # of one value, with all that it holds; what APIs have is some hundred
DEEPEST = 50  # references, one in the other

Notice = Callable[[str], None]
#: Where null is kept: nowhere, where a value can't be left out instead, or wherever the contract takes it.
Nulls: TypeAlias = Literal["never", "needed", "always"]


class TooManyPartsError(Exception):
    """References that lead to the same ones again and again make a schema larger than any that is meant."""

    def __init__(self) -> None:
        super().__init__(f"it has more than {MOST_PARTS:,} parts")


def reduce(
    schema: Schema,
    schemas: Mapping[str, Schema],
    notice: Notice = lambda _: None,
    *,
    nulls: Nulls = "never",
    needed: bool = False,
) -> Schema:
    """The portable form of `schema`, whose `$ref`s point into `schemas`; `needed` says that it can't be left out.

    `notice` is told what could only be expressed less exactly, e.g. a recursive schema.
    """
    try:
        return _Reducer(schemas, notice, nulls).value(schema, (), needed=needed)
    except TooManyPartsError as error:
        notice(f"{error}: any value is offered")
        return {}


def above(bound: float, kind: str | None) -> float:
    """The least value of a type above a bound, for not every client knows exclusive bounds."""
    if kind == "integer":
        return math.floor(bound) + 1
    return math.nextafter(bound, math.inf) if bound else JUST_ABOVE_ZERO


def takes_null(schema: Schema) -> bool:
    """Whether a reduced schema takes null."""
    return schema == NULL or NULL in schema.get("anyOf", ())


def without_null(schema: Schema) -> Schema:
    """A reduced schema without the null that it takes."""
    return without(schema, NULL)


def with_null(schema: Schema) -> Schema:
    """A reduced schema that also takes null."""
    inner = {key: value for key, value in schema.items() if key != "default"}
    return {"anyOf": [*inner.get("anyOf", [inner]), NULL]} | _default(schema)


def annotation(schema: Schema) -> str:
    """The Python type of a value that satisfies a reduced schema, e.g. `list[Decimal]`."""
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(annotation(form) for form in schema["anyOf"]))
    if schema == BLANK:
        return literal_annotation([""])
    if "enum" in schema and all(isinstance(value, str | int) for value in schema["enum"]):
        return literal_annotation(schema["enum"])
    match schema.get("type"):
        case "null":
            return "None"
        case "array":
            return f"list[{annotation(schema.get('items', {}))}]"
        case "object":
            return "dict[str, Any]"
        case str(kind) if kind in PYTHON_TYPES:
            return PYTHON_TYPES[kind]
    return "Any"


class _Reducer:
    """`value` gives what is offered; `form` what that is made of, where null, blank and openness are still open."""

    def __init__(self, schemas: Mapping[str, Schema], notice: Notice, nulls: Nulls) -> None:
        self.schemas, self.notice, self.nulls = schemas, notice, nulls
        self._parts = 0

    def value(self, schema: Schema | bool, seen: tuple[str, ...], *, needed: bool) -> Schema:
        """What is offered of a value; null and blank only where it can't be left out, or they mean something."""
        form = self.form(schema, seen)
        if self.nulls == "never" or not (needed or self.nulls == "always"):
            form = without(form, NULL)
        if not needed and self.nulls != "always":
            form = without(form, BLANK)
        return self._default(tidied(form))

    def form(self, schema: Schema | bool, seen: tuple[str, ...]) -> Schema:
        """The schema and all that is combined with it, as one form or several."""
        if isinstance(schema, bool):
            return {}
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise TooManyPartsError
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "anyOf", "oneOf")}
        parts = [self._reference(schema["$ref"], seen)] if "$ref" in schema else []
        parts += [self.form(part, seen) for part in schema.get("allOf", ())]
        parts += [self._alternatives(schema[union], seen) for union in ("anyOf", "oneOf") if union in schema]
        try:
            return all_of([*parts, self._own(own, seen)])
        except ContradictionError as error:
            self.notice(f"{error}: any value is offered")
            return {}

    def _reference(self, ref: str, seen: tuple[str, ...]) -> Schema:
        name = schema_name(ref)
        if name in seen:
            self.notice(f"{name} contains itself: offered as a free-form object from the second level on")
            return {"type": "object"}
        if len(seen) >= DEEPEST:
            self.notice(f"{name} is more than {DEEPEST} levels deep: offered as any value")
            return {}
        return self.form(self.schemas[name], (*seen, name))

    def _alternatives(self, schemas: list[Schema], seen: tuple[str, ...]) -> Schema:
        if is_number_or_text(schemas):
            schemas = [one for one in schemas if one.get("type") != "string"]
        return any_of([self.form(one, seen) for one in schemas])

    def _own(self, schema: Schema, seen: tuple[str, ...]) -> Schema:
        """What a schema says itself."""
        if "const" in schema:
            schema = {**schema, "enum": [schema["const"]]}
        kinds = schema.get("type")
        if isinstance(kinds, list):
            bare = {key: value for key, value in schema.items() if key != "default"}
            return both(any_of([self._of_type({**bare, "type": kind}, kind, seen) for kind in kinds]), _default(schema))
        return self._of_type(schema, kinds or _implied(schema), seen)

    def _of_type(self, schema: Schema, kind: str | None, seen: tuple[str, ...]) -> Schema:
        if "enum" in schema:
            return self._enum(schema, kind)
        form: Schema = {"type": kind} if kind else {}
        if kind == "object":
            form |= self._object(schema, seen)
        elif kind == "array":
            form["items"] = self.value(schema.get("items", {}), seen, needed=True)
            if "prefixItems" in schema:
                self.notice("a tuple is offered as a list of any values")
                form["items"] = {}
        return _kept(form, schema)

    def _enum(self, schema: Schema, kind: str | None) -> Schema:
        """One form for the values, one each for null and for blank."""
        typed = [value for value in schema["enum"] if kind is None or _is_of_type(value, kind)]
        values = [value for value in typed if value is not None and value != ""]
        forms = [NULL] if None in typed else []
        if "" in typed:
            forms.append(BLANK)
        if values:
            kind = kind or _kind_of(values)
            bare = {key: value for key, value in schema.items() if key != "default"}
            forms.insert(0, _kept({"type": kind} if kind else {}, {**bare, "enum": values}))
        return both(any_of(forms), _default(schema))

    def _object(self, schema: Schema, seen: tuple[str, ...]) -> Schema:
        required = schema.get("required", [])
        form: Schema = {}
        if "properties" in schema:
            properties = {
                name: self.value(value, seen, needed=name in required)
                for name, value in schema["properties"].items()
                if not (isinstance(value, dict) and value.get("readOnly"))
            }
            form["properties"] = {
                name: value for name, value in properties.items() if value != NULL or name in required
            }
        if required:
            form["required"] = required
        others = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        if patterns := schema.get("patternProperties"):
            self.notice("names of properties are not checked against their patterns")
            rest = [] if others is False else [{} if others in (None, True) else others]
            others = {"anyOf": [*patterns.values(), *rest]}
        if others is not None:
            form["additionalProperties"] = others if others is False else self.value(others, seen, needed=True)
        return form

    def _default(self, schema: Schema) -> Schema:
        """The schema with its default as one of its values, or without."""
        if "default" not in schema:
            return schema
        default = schema["default"]
        spellings = [default, *_spelled_otherwise(default)]
        fitting = [one for one in spellings if jsonschema.Draft202012Validator(schema).is_valid(one)]
        if not fitting:
            self.notice(f"the default {default!r} is not what the API takes: left out")
            return {key: value for key, value in schema.items() if key != "default"}
        return {**schema, "default": fitting[0]}


def _kept(form: Schema, schema: Schema) -> Schema:
    """The form with the keywords of a schema that every client knows, and none that its type doesn't have."""
    kept = {key: _plain(schema[key]) for key in KEPT if key in schema and key != "default"} | _default(schema)
    kind = form.get("type")
    for exclusive, bound in EXCLUSIVE.items():
        if exclusive not in schema:
            continue
        least = exclusive == "exclusiveMinimum"
        limit = above(schema[exclusive], kind) if least else -above(-schema[exclusive], kind)
        kept[bound] = (max if least else min)(limit, kept.get(bound, limit))
    return of_its_type({**form, **kept})


def _default(schema: Schema) -> Schema:
    """The default of a schema, if it has one that says more than its absence."""
    return {} if schema.get("default") is None else {"default": _plain(schema["default"])}


def _implied(schema: Schema) -> str | None:
    """The type of a schema that doesn't say it, but has keywords that only one type has."""
    if is_object(schema) or "required" in schema:
        return "object"
    return "array" if is_array(schema) else None


def _is_of_type(value: Any, kind: str) -> bool:
    return jsonschema.Draft202012Validator({"type": kind}).is_valid(value)


def _kind_of(values: list[Any]) -> str | None:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    found = {kinds.get(type(value)) for value in values}
    return found.pop() if len(found) == 1 else None


def _spelled_otherwise(default: Any) -> list[Any]:
    """A default that was written as text, as what it may have meant; and the other way round."""
    if not isinstance(default, str):
        return [str(default)] if isinstance(default, int | float) and not isinstance(default, bool) else []
    text = default.strip().lower()
    if text in ("true", "false"):
        return [text == "true"]
    try:
        return [int(text)]
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return []
    return [number] if math.isfinite(number) else []


def _plain(value: Any) -> Any:
    """1.0 as 1: the same number in fewer characters."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
