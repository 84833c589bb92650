"""Arguments as a client sent them -> arguments as a tool's function takes them.

What models commonly send is accepted where it can mean one thing only: a number as a string, a whole number as 5.0,
JSON as a string, one value for a list, "true" for true, an enum value in another letter case, a number for a string,
null for an optional argument. Everything else is refused, with all problems in one message.

Every number comes out as the Decimal that was written. JSON numbers reach a server as binary floats, whose shortest
text is what the client wrote up to 15 significant digits; beyond that the written digits are gone, so a longer one is
refused, with the advice to send it as a string.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from math import isfinite
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from hbmcp.catalog import Tool
from hbmcp.errors import BadArguments
from hbmcp.times import to_milliseconds

Schema = Mapping[str, Any]

EXACT_DIGITS = 15  # of a decimal that survives a binary float
LARGEST_FLOAT_INTEGER = 2**53
LARGEST_EXPONENT = 80  # 2**256, the largest amount of a token, has 78 digits
SHOWN = 60  # characters of a wrong value or name
ENUM_SHOWN = 12
PROBLEMS_SHOWN = 20

_NUMBER = re.compile(r"[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})([eE][+-]?\d{1,3})?")
_INTEGER = re.compile(r"[+-]?\d{1,80}(\.0{0,20})?")
_SECRET_NAME = re.compile(r"(api|private|secret)_?key|secret|password|passphrase|mnemonic|seed_?phrase", re.IGNORECASE)

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
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "multipleOf": "a multiple of {}",
    "pattern": "text that matches {}",
    "const": "{}",
}


class Misfit(Exception):
    """A value that can't be taken; str() says why, without its place."""


class Checker:
    """Checks the arguments of one tool; make it once, use it for every call."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        # Bounds as Decimals, for the arguments are: Decimal and float compare, but don't divide.
        self._schema: Schema = json.loads(json.dumps(tool.schema), parse_float=Decimal)
        self._properties: Mapping[str, Schema] = self._schema.get("properties", {})
        self._required = frozenset(self._schema.get("required", ()))
        self._validator = Draft202012Validator(self._schema)
        self._echo = tool.risk != "secret"

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments for the tool's function. Raises BadArguments."""
        problems: dict[str, str] = {}
        for name in arguments:
            if name not in self._properties:
                problems[name] = self._unknown(name)
        known = {name: value for name, value in arguments.items() if name in self._properties}
        fitted = self._object(known, self._schema, "", problems)
        self._times(fitted, problems)
        for error in self._validator.iter_errors(fitted):
            for place, text in self._told(error):
                if not any(place == told or place.startswith((f"{told}.", f"{told}[")) for told in problems):
                    problems[place] = text
        if problems:
            lines = "\n".join(f"- {place[:SHOWN]}: {text}" for place, text in islice(problems.items(), PROBLEMS_SHOWN))
            if len(problems) > PROBLEMS_SHOWN:
                lines += f"\n- and {len(problems) - PROBLEMS_SHOWN} more problems"
            raise BadArguments(
                f"{self._tool.name} can't take these arguments:\n{lines}\n",
                "Nothing was sent.",
                "Correct them and call it again.",
            )
        return fitted

    def _times(self, fitted: Mapping[str, Any], problems: dict[str, str]) -> None:
        """Every time can be read, and a period doesn't end before it starts."""
        moments = {}
        for name in self._tool.times:
            try:
                moments[name] = to_milliseconds(fitted.get(name))
            except (ValueError, AttributeError) as error:
                if isinstance(fitted[name], str):
                    problems[name] = str(error)
        start, end = moments.get("start_time"), moments.get("end_time")
        if start is not None and end is not None and start >= end:
            problems["start_time"] = "isn't before end_time (an age such as 24h counts back from now)"

    # Fitting: a value and a schema -> the value that was meant.

    def _fit(self, value: Any, schema: Schema, place: str, problems: dict[str, str]) -> Any:
        kinds = _kinds(schema)
        try:
            if not kinds:
                branches = schema.get("anyOf") or schema.get("oneOf")
                return self._branch(value, branches, place) if branches else _named(_exact(value), schema)
            kind = next((kind for kind in kinds if _IS[kind](value)), "")
            for candidate in [kind] if kind else kinds:
                converted = _CONVERT[candidate](value)
                if converted is not value:
                    value, kind = converted, candidate
                    break
        except Misfit as misfit:
            problems[place] = str(misfit)
            return value
        if isinstance(value, dict) and kind == "object":
            return self._object(value, schema, place, problems)
        if isinstance(value, list) and kind == "array":
            items = schema.get("items", {})
            return [self._fit(item, items, f"{place}[{index}]", problems) for index, item in enumerate(value)]
        return _named(value, schema)

    def _object(self, value: Mapping[str, Any], schema: Schema, place: str, problems: dict[str, str]) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        others = schema.get("additionalProperties", {})
        fitted = {}
        for name, one in value.items():
            rule = properties.get(name, others if isinstance(others, Mapping) else {})
            if name in properties and name not in required:
                if (one is None and not _takes_null(rule)) or (one == "" and "string" in _kinds(rule)):
                    continue
            elif name in required and one in ("", []) and not rule.get("enum"):
                problems[f"{place}.{name}" if place else name] = f"is empty; expected {_expected(rule, name)}"
            fitted[name] = self._fit(one, rule, f"{place}.{name}" if place else name, problems)
        return fitted

    def _branch(self, value: Any, branches: Sequence[Schema], place: str) -> Any:
        """The value as the first branch takes it, one that needs no change before one that does."""
        as_sent = _exact(value)
        fitting = [branch for branch in branches if Draft202012Validator(branch).is_valid(as_sent)]
        for branch in fitting or branches:
            problems: dict[str, str] = {}
            fitted = self._fit(value, branch, place, problems)
            if not problems and Draft202012Validator(branch).is_valid(fitted):
                return fitted
        return as_sent

    # Telling: what is wrong, what was expected, an example.

    def _unknown(self, name: str) -> str:
        names = list(self._properties)
        if near := get_close_matches(name.lower(), names, n=1, cutoff=0.5):
            return f"no such argument; did you mean {near[0]}?"
        return f"no such argument; there are {', '.join(names)}" if names else "it takes no arguments"

    def _told(self, error: ValidationError) -> Iterator[tuple[str, str]]:
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
                        yield where, f"missing; expected {_expected(rules.get(missing, {}), missing)}"
            case "additionalProperties" if isinstance(instance, dict):
                for extra in instance.keys() - rules.keys():
                    yield f"{place}.{extra}", f"no such field; there are {', '.join(rules)}"
            case "anyOf" | "oneOf":
                wanted = " or ".join(_expected(branch) for branch in rule)
                yield place, f"expected {wanted}, got {self._shown(instance, place)}"
            case keyword if keyword in _BOUNDS:
                bound = _BOUNDS[str(keyword)].format(_json(rule))
                yield place, f"expected {bound}, got {self._shown(instance, place)}"
            case _:
                yield place, f"expected {_expected(schema, name)}, got {self._shown(instance, place)}"

    def _shown(self, value: Any, place: str) -> str:
        if not self._echo or _SECRET_NAME.search(place):
            return "something else"
        text = _json(value)
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def secrets(tool: Tool, arguments: Mapping[str, Any]) -> set[str]:
    """The texts among the arguments that may be credentials, to be masked wherever they would be shown.

    A `secret` tool takes its credentials in an object, whose fields have whatever names the exchange chose.
    """

    def texts(value: Any, secret: bool) -> Iterator[str]:
        if isinstance(value, Mapping):
            for name, one in value.items():
                yield from texts(one, secret or bool(_SECRET_NAME.search(str(name))))
        elif isinstance(value, list):
            for one in value:
                yield from texts(one, secret)
        elif isinstance(value, str) and secret:
            yield value

    found: set[str] = set()
    for name, value in arguments.items():
        nested = tool.risk == "secret" and (not isinstance(value, str) or value.lstrip().startswith("{"))
        found.update(texts(value, nested or bool(_SECRET_NAME.search(name))))
    return found


# Converters: the value that was meant, or the same object where it can't be told. They raise Misfit where a value is
# of the right kind and still can't be taken.


def _number(value: Any) -> Any:
    """A Decimal for everything that is a number."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        if not isfinite(value):
            raise Misfit("NaN and Infinity aren't numbers here")
        number = Decimal(repr(value))
        if len(number.normalize().as_tuple().digits) > EXACT_DIGITS:
            raise Misfit(f'has too many digits for a JSON number; send it as a string: "{number}"')
    elif isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, Decimal):
        number = value
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    else:
        return value
    if not number.is_finite():
        raise Misfit("NaN and Infinity aren't numbers here")
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Misfit("is too large or too small a number")
    return number


def _integer(value: Any) -> Any:
    if isinstance(value, float) and isfinite(value) and value == int(value):
        if abs(value) > LARGEST_FLOAT_INTEGER:
            raise Misfit("has too many digits for a JSON number with a point; send it without one")
        return int(value)
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() <= LARGEST_EXPONENT:
        return int(value) if value == int(value) else value
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(Decimal(value.strip()))
    return value


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _string(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = _number(value)
    return format(number, "f") if not isinstance(value, float) else format(number.normalize(), "f")


def _object(value: Any) -> Any:
    return _from_json(value, "{", "an object") if isinstance(value, str) else value


def _array(value: Any) -> Any:
    if value is None or isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [value]
    parsed = _from_json(value, "[", "a list")
    if parsed is not value:
        return parsed
    if "," in value and "{" not in value:
        raise Misfit(f"looks like several values; send a list: {_json([one.strip() for one in value.split(',')])}")
    return [value]


def _from_json(text: str, opening: str, what: str) -> Any:
    """What a JSON text means, or the same text when it isn't one."""
    if not text.lstrip().startswith(opening):
        return text
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Misfit(f"looks like {what} in JSON, but isn't valid JSON; send {what} itself") from None


def _null(value: Any) -> Any:
    return value


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "string": _string,
    "object": _object,
    "array": _array,
    "null": _null,
}
_IS: dict[str, Callable[[Any], bool]] = {
    "number": lambda value: isinstance(value, int | float | Decimal) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def _exact(value: Any) -> Any:
    """A free-form value with its floats as the Decimals they are written as, however many digits. Raises Misfit."""
    if isinstance(value, float):
        if not isfinite(value):
            raise Misfit("NaN and Infinity aren't numbers here")
        return Decimal(repr(value))
    if isinstance(value, Decimal) and not value.is_finite():
        raise Misfit("NaN and Infinity aren't numbers here")
    if isinstance(value, Mapping):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return value


def _named(value: Any, schema: Schema) -> Any:
    """The enum's spelling of a value that differs from it in letter case or blanks only."""
    choices = schema.get("enum")
    if not choices or not isinstance(value, str) or value in choices:
        return value
    meant = [one for one in choices if isinstance(one, str) and one.casefold() == value.strip().casefold()]
    return meant[0] if len(meant) == 1 else value


def _kinds(schema: Schema) -> Sequence[str]:
    kinds = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else kinds


def _takes_null(schema: Schema) -> bool:
    branches = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    return (
        "null" in _kinds(schema)
        or None in schema.get("enum", ())
        or any(_takes_null(branch) for branch in branches)
        or not (schema.keys() & {"type", "enum", "const", "anyOf", "oneOf", "allOf"})
    )


def _expected(schema: Schema, name: str = "") -> str:
    """ "a number, e.g. 0.1"; "one of BUY, SELL" """
    if choices := schema.get("enum"):
        shown = ", ".join(str(one) for one in choices[:ENUM_SHOWN])
        return f"one of {shown}" + (f", … ({len(choices)} in all)" if len(choices) > ENUM_SHOWN else "")
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(_expected(branch) for branch in branches)
    kinds = _kinds(schema)
    if not kinds:
        return "a value"
    what = " or ".join(_KINDS[kind] for kind in kinds)
    items = schema.get("items", {})
    if "array" in kinds and (items.get("type") or items.get("enum")):
        what += f", each {_expected(items).partition(', e.g.')[0]}"
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
    kinds = _kinds(schema)
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


def _place(path: Iterable[str | int]) -> str:
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
