"""An executor's configuration, checked field by field before the API sees it."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import BadArguments
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.config import cross_field_rules
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.fields import TYPES, Field
from hbmcp.installation.executors.config.parsing import as_text, expected, parse
from hbmcp.text import named


def check(tool: str, kind: str, given: Mapping[str, Any], saved: Mapping[str, Any] | None = None) -> Config:
    """`given`, with the saved defaults where it says nothing. Raises BadArguments with a line for each wrong field."""
    problems: dict[str, str] = {}
    old = parse(kind, saved or {}, problems)
    problems = {place: f"{text} (a saved default: set_executor_defaults)" for place, text in problems.items()}
    values = parse(kind, given, problems)
    if given.get("type", kind) != kind:
        problems["type"] = f"expected {kind}, as executor_type is, got {as_text(given['type'])}"
    applied: dict[str, Any] = {}
    config = Config(kind, _merged(old, values, "", applied), applied)
    _find_missing(config.values, TYPES[kind].fields, "", problems)
    if not problems:
        problems |= dict(cross_field_rules.conflicts(kind, config.get))
    refuse(tool, kind, problems)
    return config


def check_part(tool: str, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of a configuration, each good by itself, as Config.values. Raises BadArguments."""
    problems: dict[str, str] = {}
    values = parse(kind, given, problems)
    refuse(tool, kind, problems)
    return values


def refuse(tool: str, kind: str, problems: Mapping[str, str]) -> None:
    """Raises BadArguments if there are any."""
    if problems:
        lines = "\n".join(f"- {named(place)}: {text}" for place, text in problems.items())
        raise BadArguments(
            f"{tool} can't take this config:\n{lines}\n",
            "Nothing was sent.",
            f"get_executor_fields has the fields of {kind} and an example.",
        )


def _merged(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str, applied: dict[str, Any]) -> dict[str, Any]:
    """`new` with what only `old` has, which is written down in `applied`."""
    merged = {**old, **new}
    for name, value in old.items():
        if isinstance(value, Mapping):
            merged[name] = _merged(value, new.get(name, {}), f"{prefix}{name}.", applied)
        elif name not in new:
            applied[prefix + name] = value
    return merged


def _find_missing(values: Mapping[str, Any], fields: tuple[Field, ...], prefix: str, problems: dict[str, str]) -> None:
    perpetual = is_perpetual(str(values.get("connector_name", "")))
    for field in fields:
        place = prefix + field.name
        if field.name in values:
            if field.kind == "object":
                _find_missing(values[field.name], field.fields, f"{place}.", problems)
        elif place not in problems and (field.needed == "yes" or (field.needed == "on_perpetuals" and perpetual)):
            problems[place] = f"missing; expected {expected(field)}"
