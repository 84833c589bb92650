"""Which class the API holds a controller's configuration to, and which fields only the controller's own class knows.

The API takes the first by name of all configuration classes in the controller's module, imported ones too. So it is
often a base class of Hummingbot's, which refuses the fields that the controller adds.
"""

import ast
import re

from attrs import frozen

from hbmcp.text import named

_NAMED = re.compile(r"validation errors? for (\w+)")


@frozen
class ConfigClass:
    """`name` of the class that checks, "" where that couldn't be seen. `own` is whether the controller's file defines
    it, None where the file couldn't be read; `declared` are all the fields that its configurations declare."""

    name: str
    own: bool | None = None
    declared: frozenset[str] = frozenset()

    def note(self, unchecked: list[str]) -> str:
        """Who checked what of a configuration that was taken, and what nobody did."""
        who = self.name or "A class that it didn't name"
        whose = {True: ", the controller's own class,", False: ", not the controller's own class,", None: ""}[self.own]
        nobody = ", ".join([*map(named, unchecked), "pair, exchange and amounts"])
        return f"{who}{whose} checked names and types of fields. Nobody checked {nobody}."


def config_class(said: str, source: str | None) -> ConfigClass:
    """By what it said of a configuration that lacks fields, and the controller's source, None where it isn't known."""
    found = _NAMED.search(said)
    name = found[1] if found else ""
    if source is None:
        return ConfigClass(name)
    classes = _classes(source)
    fields = (
        field.target.id
        for one in classes
        if "Config" in one.name
        for field in one.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    )
    own = name in {one.name for one in classes} if name else None
    return ConfigClass(name, own, frozenset(fields))


def _classes(source: str) -> list[ast.ClassDef]:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return [one for one in body if isinstance(one, ast.ClassDef)]
