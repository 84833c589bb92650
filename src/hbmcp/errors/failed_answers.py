"""Answers that are failures although HTTP said 200.

A condition of `failed` has the `path` to look at, and what must be there: `is` this value, a value of this JSON `type`,
or, with neither, anything but null. The reason is given as `reason`, or stands at the path `say`.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.results.cells import compact, plain
from hbmcp.results.cutting import shortened
from hbmcp.results.paths import Json, find, holds, split
from hbmcp.results.result_spec import ResultSpec
from hbmcp.results.selection import without_secrets
from hbmcp.text import cut

LONGEST_REASON = 2_000  # characters

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def failure(answer: Json, spec: ResultSpec) -> str | None:
    """The reason why an answer is a failure, or None for a good answer.

    Where the path of a condition has a `*`, the answer fails only if all it stands for fail: one unknown pair among
    good ones is a row that says so, not the loss of the others.
    """
    answer = without_secrets(answer, spec)
    for condition in spec.failed:
        if holds(answer, split(condition.get("path", "")), _test(condition)):
            return _reason(answer, condition)
    return None


def _test(condition: Mapping[str, Any]) -> Callable[[Json], bool]:
    if "is" in condition:
        expected = condition["is"]
        return lambda value: value == expected and isinstance(value, bool) == isinstance(expected, bool)
    if "type" in condition:
        name, kinds = condition["type"], _TYPES[condition["type"]]
        return lambda value: isinstance(value, kinds) and (name == "boolean" or not isinstance(value, bool))
    return lambda value: value is not None


def _reason(answer: Json, condition: Mapping[str, Any]) -> str:
    if "reason" in condition:
        return str(condition["reason"])
    place = condition.get("say", None if "is" in condition else condition.get("path", ""))
    said = [] if place is None else [plain(value) for value in find(answer, split(place)) if value is not None]
    text = "; ".join(dict.fromkeys(filter(None, said))) or compact(shortened(answer, 200, 20))
    return cut(text, LONGEST_REASON)
