"""Prices of a configuration that are written as offsets from the current one, such as "-3%"."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import BadArguments
from hbmcp.figures import plain, times
from hbmcp.installation.executors.config.fields import PRICE, TYPES
from hbmcp.installation.markets.trading_rules import on_step
from hbmcp.installation.orders.pricing import parse_price


def price_fields(kind: str) -> tuple[str, ...]:
    """The fields that may hold one."""
    return tuple(one.name for one in TYPES[kind].fields if one.unit == PRICE)


def has_offsets(kind: str, given: Mapping[str, Any]) -> bool:
    """Whether one of its prices is an offset."""
    return any(offset_percent(raw) is not None for name in price_fields(kind) for raw in _each(given.get(name)))


def with_prices(kind: str, given: Mapping[str, Any], current: Decimal, step: Decimal) -> tuple[dict[str, Any], str]:
    """The same with a price for each offset, and how they were found.

    It is current * (1 + percent / 100), rounded down to the step of the price as an executor rounds its own, or where
    there is no step to the places of the current price.
    """
    step = step or Decimal(1).scaleb(int(current.as_tuple().exponent))
    values, found = dict(given), []

    def price(name: str, raw: Any) -> Any:
        percent = offset_percent(raw)
        if percent is None:
            return raw
        exact = plain(on_step(times(current, 1 + percent / 100), step))
        found.append(f"{name} {percent:+f}% = {exact:f}")
        return exact

    for name in price_fields(kind):
        raw = given.get(name)
        if isinstance(raw, list):
            values[name] = [price(name, one) for one in raw]
        elif raw is not None:
            values[name] = price(name, raw)
    return values, f"From the current price, {plain(current):f}: {', '.join(found)}."


def _each(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


def offset_percent(raw: Any) -> Decimal | None:
    """-3 of "-3%"; None for what isn't an offset."""
    try:
        wanted = parse_price("LIMIT", raw) if isinstance(raw, str) else None
    except BadArguments:
        return None
    return wanted.percent if wanted else None
