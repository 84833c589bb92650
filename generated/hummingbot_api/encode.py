"""Python -> what goes over the wire: JSON values, and OpenAPI's styles of parameters.

The styles take JSON values (None for "not sent") and return percent-encoded text for the path, or pairs of
name and text for the query, headers and cookies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from attrs import evolve

from hummingbot_api.absent import ABSENT
from hummingbot_api.exact_json import dumps
from hummingbot_api.request import UNKNOWN, File, Pairs, Quoted

# JSON


def plain(value: Decimal) -> str:
    """A decimal as a string with all its digits: exact on servers that read strings as decimals.

    Raises:
        ValueError: it is infinite or NaN.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not a number that can be sent")
    return format(value, "f")


def json_text(value: Any) -> str:
    """A value as JSON text, where it isn't part of a JSON body."""
    return dumps(value).decode()


def as_json(values: Mapping[str, Any]) -> dict[str, str]:
    """Each of the values that are given, as JSON text."""
    return {name: json_text(value) for name, value in values.items() if value is not None}


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that aren't left out; those that are None are null."""
    return {name: value for name, value in fields.items() if value is not ABSENT}


def json_value(value: Any, decimal: Callable[[Decimal], Any] = lambda value: value) -> Any:
    """The JSON value of a model, or of anything that holds models; `decimal` says how decimals are sent."""
    if isinstance(value, Decimal):
        return decimal(value)
    if isinstance(value, list):
        return [json_value(item, decimal) for item in value]
    if isinstance(value, dict):
        return {key: json_value(item, decimal) for key, item in value.items()}
    return value.to_dict() if hasattr(value, "to_dict") else value


def renamed(value: Any, names: Mapping[str, Any]) -> Any:
    """A value with the contract's names; `names` has them and those inside, by the names that tools have instead.

    `*` stands for names that aren't known.
    """
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    _, others = names.get("*", ("*", {}))
    found = ((*names.get(key, (key, others)), item) for key, item in value.items())
    return {name: renamed(item, inner) for name, inner, item in found}


# Path


def path(template: str, *values: Any) -> str:
    """The path with a segment of style simple in place of each `{}`."""
    return template.format(*map(segment, values))


def segment(value: Any, *, explode: bool = False) -> str:
    """Style simple: `a`, `a,b`, `key,a` or, exploded, `key=a`.

    Raises:
        ValueError: the value is empty: the address would be that of another operation.
    """
    result = ",".join(_flat(value, explode, _quoted))
    if not result:
        raise ValueError("a part of the address is empty; give it a value")
    return result.replace(".", "%2E") if result in (".", "..") else result


def label(value: Any, *, explode: bool = False) -> str:
    """Style label: `.a`, `.a,b` or, exploded, `.a.b`."""
    return "." + ("." if explode else ",").join(_flat(value, explode, _quoted))


def matrix(name: str, value: Any, *, explode: bool = False) -> str:
    """Style matrix: `;name=a`, `;name=a,b` or, exploded, `;name=a;name=b`."""
    if explode and isinstance(value, list):
        return "".join(f";{name}={_quoted(item)}" for item in value)
    if explode and isinstance(value, dict):
        return "".join(f";{pair}" for pair in _flat(value, True, _quoted))
    return f";{name}={','.join(_flat(value, False, _quoted))}"


# Query, headers and cookies


def form(values: Mapping[str, Any], *, explode: bool = True) -> Pairs:
    """Style form: `name=a&name=b` for an array and `key=a` for an object or, not exploded, `name=a,b`."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        if explode and isinstance(value, dict):
            pairs += [(key, _text(item)) for key, item in value.items()]
        elif explode and isinstance(value, list):
            pairs += [(name, _text(item)) for item in value]
        elif isinstance(value, list | dict):
            if value:
                pairs.append((name, Quoted(",".join(_flat(value, False, _quoted)))))
        elif value is not None:
            pairs.append((name, _text(value)))
    return tuple(pairs)


def delimited(values: Mapping[str, Any], separator: str) -> Pairs:
    """Styles spaceDelimited and pipeDelimited: `name=a|b`."""
    return tuple(
        (name, separator.join(_flat(value, False, _text)))
        for name, value in values.items()
        if value not in (None, [], {})
    )


def deep_object(values: Mapping[str, Any]) -> Pairs:
    """Style deepObject: `name[key]=a`, and so on inside."""
    return tuple(pair for name, value in values.items() for pair in _deep(name, value))


def header(values: Mapping[str, Any], *, explode: bool = False) -> Pairs:
    """Style simple, as in the path, but not percent-encoded.

    Raises:
        ValueError: a value has control characters, which would end the header.
    """
    pairs = [(name, ",".join(_flat(value, explode, _text))) for name, value in values.items() if value is not None]
    for name, text in pairs:
        if any(character < " " or character == "\x7f" for character in text):
            raise ValueError(f"{name} has control characters")
    return tuple(pairs)


def cookie(values: Mapping[str, Any]) -> Pairs:
    """Style form; only what a cookie can't hold is percent-encoded."""
    safe = "!#$%&'()*+/:<=>?@[]^`{|}~"
    return tuple((name, quote(text, safe=safe)) for name, text in form(values, explode=False))


# Forms


def fields(body: Mapping[str, Any], styles: Mapping[str, str] = MappingProxyType({})) -> Pairs:
    """The fields of a form: arrays as repeated fields, objects as JSON, where `styles` doesn't say otherwise.

    A style is json, form (exploded), deepObject, or what separates values.
    """
    return tuple(pair for name, value in body.items() for pair in _field(name, value, styles.get(name)))


def parts(
    body: Mapping[str, Any], types: Mapping[str, str] = MappingProxyType({})
) -> tuple[tuple[str, File | str], ...]:
    """The parts of a multipart form; `types` are their media types, which an object has without."""
    return tuple((name, _part(item, types.get(name))) for name, item in _repeated(body))


def _field(name: str, value: Any, style: str | None) -> Iterable[tuple[str, str]]:
    match style:
        case None:
            return [(name, _text(item)) for _, item in _repeated({name: value})]
        case "json":
            return [(name, json_text(value))]
        case "form" | ",":
            return form({name: value}, explode=style == "form")
        case "deepObject":
            return deep_object({name: value})
    return delimited({name: value}, style)


def _part(item: Any, media_type: str | None) -> File | str:
    if isinstance(item, File):
        return evolve(item, media_type=media_type) if media_type and item.media_type == UNKNOWN else item
    if media_type is None and not isinstance(item, dict):
        return _text(item)
    text = json_text(item) if media_type is None or "json" in media_type else _text(item)
    return File(text.encode(), None, media_type or "application/json")


def _repeated(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            yield name, item


def _deep(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for item in value:
            yield from _deep(name, item)
    elif value is not None:
        yield name, _text(value)


def _flat(value: Any, explode: bool, text: Callable[[Any], str]) -> Iterable[str]:
    """The texts of a scalar, of an array's items, or of an object's keys and values."""
    if isinstance(value, list):
        return [text(item) for item in value]
    if not isinstance(value, dict):
        return [text(value)]
    if explode:
        return [f"{text(key)}={text(item)}" for key, item in value.items()]
    return [text(part) for pair in value.items() for part in pair]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else dumps(value).decode()


def _quoted(value: Any) -> str:
    return quote(_text(value), safe="")
