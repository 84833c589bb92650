"""A condition as it is asked for, held against the value of now."""

from decimal import Decimal
from typing import Any, Self, TypedDict

from attrs import evolve, frozen

from hbmcp.errors import BadArguments, CallError
from hbmcp.figures import money, percent, plain
from hbmcp.installation.closing.position_choice import only_position
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.levels import parse_level
from hbmcp.installation.markets.trading_pairs import pair_on
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.position import Basis, Side
from hbmcp.installation.triggers.belief import believed
from hbmcp.installation.triggers.choices import BASES, NOTHING_SET, PRICES, SIDES, WATCHED, between, one_of
from hbmcp.installation.triggers.condition import Condition, Goes, Judged, Memory, Of, PriceKind
from hbmcp.installation.triggers.moments import parse_moment
from hbmcp.pairs import whole_pair
from hbmcp.text import named
from hbmcp.times import duration, now

NEAR = 6  # places of a percent that two would show as 0
LONGEST = 86_400  # seconds that a condition may have to hold

_OF_A_PAIR: tuple[Of, ...] = ("price", "spread", "funding_rate", "pnl")
_OFFSETS: tuple[Of, ...] = ("price", "portfolio")  # of these a percentage counts from the value now


class ConditionArguments(TypedDict, total=False):
    """What whoever waits can say of a condition."""

    watch: str | None
    connector_name: str | None
    trading_pair: str | None
    account_name: str | None
    above: str | None
    below: str | None
    price: str | None
    other_connector: str | None
    side: str | None
    measure: str | None
    holds_for: int | None


@frozen(kw_only=True)
class AskedCondition:
    """What is waited for. `trail_percent` is below 0 for a distance below the highest value since."""

    watch: Of = "price"
    connector_name: str | None = None
    trading_pair: str | None = None
    account_name: str | None = None
    above: str | None = None
    below: str | None = None
    trail_percent: Decimal | None = None
    trail_from: Decimal | None = None
    price: PriceKind = "last"
    other_connector: str | None = None
    side: Side | None = None
    measure: Basis = "entry"
    holds_for: int = 0

    @classmethod
    def of(
        cls,
        *,
        watch: str | None = None,
        price: str | None = None,
        side: str | None = None,
        measure: str | None = None,
        holds_for: int | None = None,
        **others: Any,
    ) -> Self:
        """With its words and numbers held to what they can be, which no definition says. Raises BadArguments."""
        return cls(
            watch=one_of("watch", watch, WATCHED) or "price",
            price=one_of("price", price, PRICES) or "last",
            side=one_of("side", side, SIDES),
            measure=one_of("measure", measure, BASES) or "entry",
            holds_for=between("holds_for", holds_for, 0, LONGEST) or 0,
            **others,
        )

    @property
    def sides(self) -> "tuple[AskedCondition, ...]":
        """One for above and one for below, where both are given."""
        if self.above is None or self.below is None:
            return (self,)
        return evolve(self, below=None), evolve(self, above=None)


@frozen
class Met:
    """A condition, its `value` now, and how that is judged; `beyond` is whether it is met but for the time it must
    hold."""

    condition: Condition
    value: Decimal
    judged: Judged
    beyond: bool

    @property
    def shown(self) -> dict[str, Any]:
        """How far it is: in percent of the value, in points of what is in percent itself, in time."""
        level = self.judged.level
        if level is None:
            return {"now": money(self.value)}
        if self.condition.of == "time":
            return {"in": duration(int(level - self.value))}
        if self.condition.of in _OFFSETS:
            off = level - self.value
            away: dict[str, Any] = {"distance_percent": percent(off, self.value) or percent(off, self.value, NEAR)}
        else:
            away = {"distance_points": plain(level - self.value)}
        trailing = {} if self.condition.trail is None else {"level": money(level)}
        return {"now": money(self.value), **trailing, **away}


async def meant(installation: Installation, asked: AskedCondition) -> AskedCondition:
    """With its whole pair, and of a P&L with the position. Raises BadArguments and Refused for what can't be meant. The
    caller uses witnesses.USES and get_trading_rules."""
    _refuse_misfits(asked)
    if asked.watch == "pnl":
        return await _of_the_position(installation, asked)
    if asked.watch in _OF_A_PAIR:
        connector, pair = asked.connector_name or "", asked.trading_pair or ""
        return evolve(asked, trading_pair=await pair_on(installation, connector, pair))
    return asked


async def held_against_now(installation: Installation, asked: AskedCondition) -> Met:
    """What is meant, and its value now. Raises BadArguments for a level that can't be, and CallError where the value
    can't be read or believed. The caller uses witnesses.USES."""
    trail = asked.trail_percent
    goes: Goes = "above" if asked.above is not None or (trail is not None and trail > 0) else "below"
    bare = Condition(
        of=asked.watch,
        goes=goes,
        trail=None if trail is None else abs(trail),
        trail_from=asked.trail_from,
        holds_for=asked.holds_for,
        account_name=asked.account_name if asked.watch == "pnl" else None,
        connector_name=asked.connector_name,
        trading_pair=asked.trading_pair,
        other=asked.other_connector,
        price=asked.price,
        side=asked.side,
        measure=asked.measure,
    )
    value = await believed(installation, bare)
    if isinstance(value, CallError):
        raise value
    return met(bare.model_copy(update={"level": _level(asked, value)}), value)


def met(condition: Condition, value: Decimal) -> Met:
    """A condition held to a value."""
    judged = condition.judge(Memory(), value, now())
    at_once = condition.model_copy(update={"holds_for": 0}).judge(Memory(), value, now())
    return Met(condition, value, judged, at_once.met)


def _level(asked: AskedCondition, value: Decimal) -> Decimal | None:
    name = "above" if asked.above is not None else "below"
    text = asked.above if asked.above is not None else asked.below
    if text is None:
        return None
    if asked.watch == "time":
        return Decimal(parse_moment(name, text, now()))
    level = parse_level(name, text, NOTHING_SET)
    if asked.watch not in _OFFSETS:
        return level.fixed if level.percent is None else level.percent
    if level.percent is not None and not level.signed:
        raise _bad(f"{name} of {named(text)} has no sign.", 'Say "-5%" or "+5%" of the value now, or give a number.')
    found = level.of(value)
    if found <= 0:
        raise _bad(f"{name} can't be {named(text)}: it must be above 0.", "Give the level itself.")
    return found


async def _of_the_position(installation: Installation, asked: AskedCondition) -> AskedCondition:
    """The one that is meant, whole."""
    refuse_spot(asked.connector_name)
    pair = asked.trading_pair or ""
    found = await open_positions(installation, asked.account_name, asked.connector_name, whole_pair(pair))
    one = only_position(found, pair, asked.side)
    return evolve(asked, account_name=one.account, connector_name=one.connector, trading_pair=one.pair, side=one.side)


def _refuse_misfits(asked: AskedCondition) -> None:
    """Raises BadArguments for arguments that don't go together."""
    bounds = [name for name in ("above", "below", "trail_percent") if getattr(asked, name) is not None]
    if len(bounds) != 1 and bounds != ["above", "below"]:
        said = " and ".join(bounds) or "none"
        raise _bad(f"One of above, below and trail_percent is needed, and {said} came.", "Say which one is meant.")
    if asked.watch == "time" and bounds != ["above"]:
        raise _bad("A time goes only above.", "Give it as above.")
    needed = ["trading_pair"] if asked.watch in _OF_A_PAIR else []
    needed += ["connector_name"] if asked.watch in _OF_A_PAIR[:3] else []
    needed += ["other_connector"] if asked.watch == "spread" else []
    missing = [name for name in needed if getattr(asked, name) is None]
    if missing:
        raise _bad(f"To watch {asked.watch} {' and '.join(missing)} must be said.", "")
    if asked.other_connector is not None and asked.watch != "spread":
        raise _bad("other_connector is of watch spread.", "Leave it out, or say watch spread.")
    if asked.trail_percent is not None and (not asked.trail_percent or abs(asked.trail_percent) >= 100):
        raise _bad("trail_percent must be between -100 and 100, and not 0.", "-5 is 5% below the highest since.")
    if asked.trail_from is not None and asked.trail_percent is None:
        raise _bad("trail_from is of trail_percent.", "Leave it out, or give trail_percent too.")
    perpetual = asked.connector_name is None or is_perpetual(asked.connector_name)
    if asked.watch == "funding_rate" and not perpetual:
        raise _bad(f"{named(asked.connector_name or '')} is a spot exchange, and pays no funding.", "")
    if asked.watch == "price" and asked.price == "mark" and not perpetual:
        raise _bad(f"{named(asked.connector_name or '')} is a spot exchange, and has no mark price.", "Say last.")


def _bad(happened: str, advice: str) -> BadArguments:
    return BadArguments(happened, NOTHING_SET, advice)
