"""What was written into a configuration -> the values that were meant, and what is wrong with the rest."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.arguments.exchange_spelling import fit_exchanges
from hbmcp.arguments.pair_spelling import fit_pairs
from hbmcp.did_you_mean import nearest
from hbmcp.figures import number
from hbmcp.installation.executors.config.fields import PRICE, SHARE, TYPES, Field
from hbmcp.installation.executors.config.price_offsets import offset_percent
from hbmcp.text import beginning, named, quoted

SETS_ITSELF = ("id", "timestamp")  # what Hummingbot fills in
SHOWN = 60  # characters of a wrong value
OFFSET = ' or an offset from the current one, "-3%"'
LARGEST = 30  # digits before the point

_KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
    "numbers": "a list of numbers, each",
    "object": "an object",
    "any_object": "an object",
}


def parse(kind: str, given: Mapping[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    """The values that fit, in the form of Config.values. `problems`: dotted name -> what is wrong with it."""
    own = {name: value for name, value in given.items() if name != "type"}
    return _object(kind, TYPES[kind].fields, own, "", problems)


def expected(field: Field) -> str:
    """ "a number above 0 and below 1 (0.01=1%), e.g. 0.03" """
    if field.kind == "enum":
        return f"one of {', '.join(field.names)}"
    bounds = (("above", field.above), ("at least", field.least), ("below", field.below), ("at most", field.most))
    said = " and ".join(f"{word} {bound}" for word, bound in bounds if bound is not None)
    what = " ".join(filter(None, (_KINDS[field.kind], said)))
    unit = f" ({field.unit}{OFFSET if field.unit == PRICE else ''})" if field.unit else ""
    return f"{what}{unit}, e.g. {as_text(field.example)}"


def as_text(value: Any) -> str:
    """A value as JSON would show it, numbers bare, and not too long."""
    match value:
        case bool():
            text = str(value).lower()
        case Decimal():
            text = format(value, "f")
        case Mapping():
            text = f"{{{', '.join(f'{named(name)}: {as_text(one)}' for name, one in value.items())}}}"
        case list():
            text = f"[{', '.join(map(as_text, value))}]"
        case str() if number(value) is None:
            return quoted(value, SHOWN)
        case _:
            text = str(value)
    return beginning(text, SHOWN)


def _object(
    kind: str, fields: tuple[Field, ...], given: Mapping[str, Any], prefix: str, problems: dict[str, str]
) -> dict[str, Any]:
    known = {field.name: field for field in fields}
    values = {}
    for name, raw in given.items():
        place = prefix + name
        if name not in known:
            problems[place] = _unknown(kind, name, prefix)
        elif raw is not None:  # null is a field that isn't given
            field = known[name]
            if field.kind == "object" and isinstance(raw, Mapping):
                values[name] = _object(kind, field.fields, raw, f"{place}.", problems)
            elif (value := _value(field, raw)) is not None:
                values[name] = value
            else:
                problems[place] = f"expected {expected(field)}, got {as_text(raw)}{_perhaps(field, raw)}"
    fit_exchanges(values)
    unfit: dict[str, str] = {}
    fit_pairs(values, unfit)
    problems |= {prefix + name: problem for name, problem in unfit.items()}
    return values


def _value(field: Field, raw: Any) -> Any:
    """What was meant, None where that doesn't fit the field."""
    match field.kind:
        case "number" | "integer":
            return _within(field, raw)
        case "numbers":
            several = [_within(field, one) for one in raw] if isinstance(raw, list) and raw else [None]
            return None if None in several else several
        case "boolean":
            return raw if isinstance(raw, bool) else None
        case "string":
            return raw.strip() if isinstance(raw, str) and raw.strip() else None
        case "enum":
            return _name(field.names, raw)
        case _:
            return dict(raw) if field.kind == "any_object" and isinstance(raw, Mapping) else None


def _within(field: Field, raw: Any) -> Decimal | int | None:
    value = number(raw)
    if value is None or abs(value.adjusted()) > LARGEST or (field.kind == "integer" and value != int(value)):
        return None
    too_low = (field.above is not None and value <= field.above) or (field.least is not None and value < field.least)
    too_high = (field.below is not None and value >= field.below) or (field.most is not None and value > field.most)
    return None if too_low or too_high else int(value) if field.kind == "integer" else value


def _name(names: Mapping[str, int | str], raw: Any) -> str | None:
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None
    said = str(raw).strip().upper()
    return next((name for name, value in names.items() if said in (name, str(value))), None)


def _perhaps(field: Field, raw: Any) -> str:
    """The fraction, where a percentage was written; what an offset lacks."""
    if field.unit == PRICE and offset_percent(raw) is not None:
        return "; an offset needs connector_name and trading_pair beside it, and can't be a saved default"
    if field.unit == PRICE and isinstance(raw, str) and offset_percent(signed := f"+{raw.strip()}") is not None:
        return f"; an offset has its sign, {as_text(signed)} or {as_text(f'-{signed[1:]}')}"
    text = raw.strip().removesuffix("%").strip() if isinstance(raw, str) else raw
    value = number(text) if field.unit == SHARE and not isinstance(raw, list) else None
    if value is None or not 0 < value < 100 or _within(field, value / 100) is None:
        return ""
    return f"; {text} % is {as_text(value / 100)}"


def _unknown(kind: str, name: str, prefix: str) -> str:
    """That there is no such field, and which was meant."""
    if name in SETS_ITSELF and not prefix:
        return "leave it out: Hummingbot sets it"
    fields = TYPES[kind].fields
    places = [place for place, _ in TYPES[kind].leaves()]
    places += [field.name for field in fields if field.kind == "object"]
    by_leaf = {place.rpartition(".")[2]: place for place in reversed(places)}
    near = nearest(name, by_leaf)
    meant = f"did you mean {by_leaf[near[0]]}?" if near else f"there are {', '.join(field.name for field in fields)}"
    return f"no such field; {meant}"
