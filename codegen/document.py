"""An OpenAPI document as it comes and goes: read from a URL or a file, written as the pinned text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

import httpx
import yaml

DEEPEST = 150  # levels, one in the other; contracts have some thirty
MOST = 3_000_000  # values; contracts have some ten thousand
TOO_DEEP = f"holds values nested more than {DEEPEST} levels deep: that is no contract"
_SURROGATE = re.compile("[\ud800-\udfff]")


class ContractError(Exception):
    """A document that can't be used: where (a JSON pointer, file or URL) and why. May carry further ones."""

    def __init__(self, place: str, reason: str, *others: ContractError) -> None:
        super().__init__(place, reason, *others)
        self.place = place
        self.reason = reason
        self.others = others

    def __str__(self) -> str:
        return "\n".join([f"{self.place}: {self.reason}", *map(str, self.others)])


def load(source: str | Path, *, auth: tuple[str, str] | None = None) -> dict[str, Any]:
    """The document at a URL (HTTP Basic where `auth` is given, 30 s) or in a file, JSON or YAML.

    Raises ContractError where nothing can be read there, or what is there isn't a JSON or YAML object.
    """
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        place, text = _fetch(source, auth)
    else:
        place = str(source)
        try:
            text = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise ContractError(place, f"can't be read: {error.strerror}. Give a URL or a JSON or YAML file") from error
        except UnicodeDecodeError as error:
            raise ContractError(place, "isn't UTF-8 text. Give a JSON or YAML file") from error
    return _decode(text, place)


def _fetch(source: str, auth: tuple[str, str] | None) -> tuple[str, str]:
    """(the URL without user and password, the text there)."""
    try:
        url = httpx.URL(source)
    except httpx.InvalidURL as error:
        raise ContractError("URL", f"isn't valid: {error}") from error
    place = str(url.copy_with(userinfo=b""))
    try:
        answer = httpx.get(url, auth=auth, timeout=30, follow_redirects=True)
    except httpx.TimeoutException as error:
        raise ContractError(place, "no answer within 30 s. Check that the API is running, and try again") from error
    except httpx.HTTPError as error:
        raise ContractError(
            place, f"not reachable ({error}). Check the address, and that the API is running"
        ) from error
    if answer.status_code in (401, 403):
        advice = "Check HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD, which no other service is shown"
        raise ContractError(place, f"the server refuses the credentials (HTTP {answer.status_code}). {advice}")
    if not answer.is_success:
        raise ContractError(place, f"no document there (HTTP {answer.status_code}). The API serves it at /openapi.json")
    return place, answer.text


def _decode(text: str, place: str) -> dict[str, Any]:
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if start == "<":
        raise ContractError(place, "is a web page, not an OpenAPI document. The API serves its own at /openapi.json")
    try:
        if start in ("{", "["):
            document = json.loads(
                text.removeprefix("\ufeff"), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
            )
        else:
            document = yaml.load(text, _Loader)
    except RecursionError:
        raise ContractError(place, TOO_DEEP) from None
    except (ValueError, yaml.YAMLError) as error:
        language = "JSON" if start in ("{", "[") else "YAML"
        raise ContractError(place, f"isn't valid {language}: {' '.join(str(error).split())}") from error
    if why := _unusable(document):
        raise ContractError(place, why)
    if not isinstance(document, dict):
        raise ContractError(place, f"is {kind(document)}, not an object. Give an OpenAPI 3.0 or 3.1 document")
    return document


def _unusable(document: Any) -> str:
    """Why nothing can be made of what was read, however it is meant; "" where something can."""
    count, level = 0, [document]
    for _ in range(DEEPEST):
        count += len(level)
        if count > MOST:  # what YAML repeats by aliases counts each time
            return f"holds more than {MOST:,} values: that is no contract"
        if any(isinstance(one, str) and not one.isascii() and _SURROGATE.search(one) for one in level):
            return "holds half a character (a lone surrogate), which no text can have"
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return ""
    return TOO_DEEP


def _inside(value: Any) -> Iterable[Any]:
    return chain.from_iterable(value.items()) if isinstance(value, dict) else value if isinstance(value, list) else ()


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: keys are strings, given once; 1.2's booleans and numbers; dates stay strings."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{_YAML}merge":
                key.tag = f"{_YAML}str"  # a status such as 200 is a name, too
                if names.count(key.value) > 1:
                    reason = f"{key.value!r} is given twice in one object"
                    raise yaml.constructor.ConstructorError(None, None, reason, key.start_mark)
        return super().construct_mapping(node, deep)


_YAML = "tag:yaml.org,2002:"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in (f"{_YAML}merge", f"{_YAML}null")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _name, _pattern, _first in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^[-+]?(0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(f"{_YAML}{_name}", re.compile(_pattern), list(_first))


def dumps(document: Mapping[str, Any]) -> str:
    """The text of a normalised document, as it is pinned."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def kind(value: Any) -> str:
    """What a JSON value is, for a message."""
    kinds = {
        type(None): "empty",
        bool: "a boolean",
        str: "a text",
        int: "a number",
        float: "a number",
        list: "a list",
    }
    return kinds.get(type(value), "an object")
