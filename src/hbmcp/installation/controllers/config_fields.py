"""The fields of a configuration: what was given, and what holds where nothing was."""

import json
import re
from collections.abc import Mapping
from typing import Any

from hbmcp.errors import BadArguments
from hbmcp.text import named

_NAME = re.compile(r"\w[\w .@+=-]*")

NO_DEFAULT = "PydanticUndefined"  # as the API writes that a field has none


def config_file_name(config_name: str) -> str:
    """A configuration's name, without the ending of its file. Raises BadArguments for what would be another path: the
    API takes some of those, and can't find others again."""
    name = config_name.removesuffix(".yml").strip()
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadArguments(
            f"{named(config_name)} can't be the name of a configuration.",
            "Nothing was saved.",
            "Begin with a letter or digit, and use letters, digits, spaces and . _ - @ + = only, e.g. pmm_btc_1.",
        )
    return name


def undeployable_note(config_name: str) -> str:
    """That a configuration of this name can be saved and not deployed; "" for any other."""
    if "." not in config_name:
        return ""
    return (
        f"Deploying refuses a name with a dot: save it as {named(config_name.replace('.', '_'))}, and delete this "
        "one, before "
        "you deploy it."
    )


def defaults_in_force(template: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Any]:
    """The defaults of a controller's template that hold because nothing was given; those that switch nothing on
    (null, an empty list) are left out."""
    return {
        name: field["default"]
        for name, field in template.items()
        if name not in given and field.get("default") not in (None, NO_DEFAULT, [], {}, "")
    }


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields that differ, one row each: `field`, `before`, `after`; null is absent."""
    names = [*before, *(name for name in after if name not in before)]
    return [
        {"field": name, "before": before.get(name), "after": after.get(name)}
        for name in names
        if not same_value(before.get(name), after.get(name))
    ]


def same_value(one: Any, other: Any) -> bool:
    """Whether two values are written alike: 1 and 1.0 are, and "1" is as good as either."""
    return one == other or _text(one) == _text(other)


def _text(value: Any) -> str:
    return json.dumps(value, default=lambda number: float(number), sort_keys=True).strip('"')
