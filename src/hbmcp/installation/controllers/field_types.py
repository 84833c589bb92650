"""The types and defaults of a controller's fields, which the API writes as Python does, in words: pure."""

import re
from decimal import Decimal
from typing import Any

from hbmcp.figures import number
from hbmcp.installation.controllers.config_fields import NO_DEFAULT

NEEDED = "needed"

_PLAIN = {
    "Decimal": "number",
    "float": "number",
    "int": "integer",
    "str": "text",
    "bool": "true/false",
    "dict": "object",
    "Dict": "object",
    "list": "list",
    "List": "list",
    "Any": "anything",
    "None": "null",
    "NoneType": "null",
    # enums and objects of Hummingbot that controllers have
    "OrderType": "1 MARKET, 2 LIMIT, 3 LIMIT_MAKER",
    "TradeType": "1 BUY, 2 SELL",
    "PositionMode": "HEDGE, ONEWAY",
    "TrailingStop": "object: activation_price, trailing_delta",
    "TripleBarrierConfig": "object: stop_loss, take_profit, time_limit, trailing_stop, …",
}
_LISTS = ("List", "list", "Sequence", "Set", "Tuple", "tuple", "set")


def type_in_words(written: str) -> str:
    """ "typing.Optional[typing.List[decimal.Decimal]]" -> "list of numbers or null"; an unknown class by its name."""
    text = re.sub(r"<(?:class|enum) '([^']*)'>", r"\1", written).strip()
    if len(choices := _parts(text, "|")) > 1:
        return _either(choices)
    name, inside = _split(text)
    parts = [type_in_words(one) for one in _parts(inside)]
    if name == "Literal":
        return ", ".join(one.strip("'\"") for one in _parts(inside))
    if name in ("Optional", "Union") and parts:
        return _either([*_parts(inside), *(["None"] if name == "Optional" else [])])
    if name == "Annotated" and parts:
        return parts[0]
    if name in _LISTS and parts:
        return f"list of {_several(parts[0])}"
    if name in ("Dict", "dict") and parts:
        return f"object of {_several(parts[-1])}"
    return _PLAIN.get(name, name)


def default_value(written: str, value: Any) -> Any:
    """As it may be given: numbers as such, an enum by its number or name, "needed" where there is none."""
    if value == NO_DEFAULT:
        return NEEDED
    if not isinstance(value, str):
        return value
    kind = type_in_words(written).removesuffix(" or null")
    if kind in ("number", "integer") and (exact := number(value)) is not None:
        return exact
    if kind in ("list of numbers", "list of integers") and (numbers := _numbers(value)) is not None:
        return numbers
    name, dot, member = value.rpartition(".")
    if not (dot and name in written):
        return value
    choices = (choice.partition(" ") for choice in kind.split(", "))
    return next((int(figure) for figure, _, called in choices if called == member), member)


def _split(text: str) -> tuple[str, str]:
    """The last part of a dotted name, and what stands in its brackets."""
    outer, _, inside = text.partition("[")
    return outer.rpartition(".")[2], inside[:-1] if inside else ""


def _either(choices: list[str]) -> str:
    """ "number or null", null last."""
    words = list(dict.fromkeys(type_in_words(one) for one in choices))
    return " or ".join(sorted(words, key=lambda one: one == "null"))


def _parts(inside: str, between: str = ",") -> list[str]:
    """Between the commas that stand in no brackets."""
    parts, depth = [""], 0
    for sign in inside:
        depth += (sign == "[") - (sign == "]")
        if sign == between and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [one.strip() for one in parts if one.strip()]


def _several(kind: str) -> str:
    return f"{kind}s" if kind in ("text", "number", "integer", "object") else kind


def _numbers(value: str) -> list[Decimal] | None:
    """Those between commas, as in "0.01,0.02"."""
    found = [number(one) for one in value.split(",")] if value else []
    exact = [one for one in found if one is not None]
    return exact if len(exact) == len(found) else None
