"""What a controller's configuration is about, and what it may trade."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve

from hbmcp.figures import number
from hbmcp.installation.planned_request import Stake

TOTAL = "total_amount_quote"  # which Hummingbot's own controllers all have
LOOKED_AT = "candles"  # how fields begin whose markets are only looked at

Market = tuple[str | None, str | None]  # exchange and pair


def controller_stake(config: Mapping[str, Any], account: str | None = None) -> Stake:
    """Its controller, exchange and pair, where it names them."""
    given = {name: config.get(name) for name in ("connector_name", "trading_pair", "controller_name")}
    exchange, pair, controller = (value if isinstance(value, str) else None for value in given.values())
    return Stake(account=account, exchange=exchange, pair=pair, type=controller)


def traded(config: Mapping[str, Any], account: str | None) -> tuple[Stake, ...]:
    """What it is told to trade: of each of its markets its whole total, in quote, for all of it may come to stand on
    one. A value of None isn't known: its controller has a default of its own, or no such field."""
    whole = evolve(
        controller_stake(config, account), value=number(config.get(TOTAL)), leverage=_leverage(config.get("leverage"))
    )
    return tuple(evolve(whole, exchange=exchange, pair=pair) for exchange, pair in markets(config) or [(None, None)])


def traded_more(before: Mapping[str, Any], after: Mapping[str, Any], account: str | None) -> tuple[Stake, ...] | None:
    """What a changed configuration may trade, where that is more than it was, elsewhere, or can't be compared."""
    was, now = traded(before, account), traded(after, account)

    def more(one: Decimal | None, other: Decimal | None) -> bool:
        return one != other and (one is None or other is None or other > one)

    moved = [(one.exchange, one.pair) for one in was] != [(one.exchange, one.pair) for one in now]
    larger = any(more(a.value, b.value) or more(a.leverage, b.leverage) for a, b in zip(was, now, strict=False))
    return now if moved or larger else None


def markets(config: Mapping[str, Any]) -> list[Market]:
    """Where it trades: `connector_name` and `trading_pair`, `maker_connector` and `maker_trading_pair`, and deeper."""
    return list(dict.fromkeys(_markets(config)))


def _markets(value: Any) -> Iterator[Market]:
    if isinstance(value, Mapping):
        texts = {name: one for name, one in value.items() if isinstance(one, str) and one}
        for place in dict.fromkeys(_place(name) for name in texts):
            if place is not None and not place.startswith(LOOKED_AT):
                exchange = texts.get(f"{place}connector_name") or texts.get(f"{place}connector")
                yield exchange, texts.get(f"{place}trading_pair")
    if isinstance(value, Mapping | list):
        inner = value.items() if isinstance(value, Mapping) else enumerate(value)
        for name, one in inner:
            if not str(name).startswith(LOOKED_AT):
                yield from _markets(one)


def _place(name: str) -> str | None:
    """ "maker_" of "maker_connector"; None for a field that is no market's."""
    endings = ("connector_name", "connector", "trading_pair")
    return next((name.removesuffix(ending) for ending in endings if name.endswith(ending)), None)


def _leverage(value: Any) -> Decimal | None:
    found = number(value)
    return found if found is not None and found > 0 else None
