"""Which arguments are credentials."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from hbmcp.catalog import Tool
from hbmcp.secret_names import names_secret

_WORD = re.compile(r"[A-Za-z_]{4,15}")


def secret_names(tool: Tool) -> set[str]:
    """The arguments of a tool that takes credentials which are them, or hold them."""
    if tool.risk != "secret":
        return set()
    declared = tool.schema.get("properties", {})
    return {name for name, one in declared.items() if names_secret(name) or one.get("type") == "object"}


def secrets(tool: Tool, arguments: Mapping[str, Any]) -> set[str]:
    """The texts among the arguments that may be credentials, to be masked wherever they would be shown.

    A `secret` tool takes its credentials in an object, whose fields have whatever names the exchange chose; a plain
    word (true, mainnet) under a name that says nothing of a secret is none.
    """
    found: set[str] = set()
    for name, value in arguments.items():
        nested = tool.risk == "secret" and (not isinstance(value, str) or value.lstrip().startswith("{"))
        found.update(_texts(value, nested or names_secret(name)))
    return found


def _texts(value: Any, secret: bool) -> Iterator[str]:
    """The texts in a value that are secret, or all where the value is."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            named = names_secret(str(name))
            if named or not (isinstance(one, str) and _WORD.fullmatch(one)):
                yield from _texts(one, secret or named)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, secret)
    elif isinstance(value, str) and secret:
        yield value
