"""Fields that Hummingbot doesn't have, worked out into those that it has at the market of now."""

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve

from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.fields import OWN
from hbmcp.installation.executors.plan.grid_sale import least_sale
from hbmcp.installation.executors.plan.grid_sizing import SPARE, Sizing, sizing
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.executors.plan.planned_orders import side_of, slice_count, slice_price
from hbmcp.installation.markets.trading_rules import Rule

HALF = Decimal("0.5")
FINE = 20  # of so many levels one more or less is as good


def with_own_fields(
    config: Config, market: MarketPrices, rule: Rule, fee: Decimal
) -> tuple[Config, str, Mapping[str, str]]:
    """The same in Hummingbot's fields, what they were worked out to, and of what can't be had why. Of the two what was
    given wins over what was saved as a default. `fee` is that of an order, a share."""
    own = next((name for name in OWN if name in config.values), None)
    if own is None:
        return config, "", {}
    theirs = OWN[own]
    if theirs in config.values:
        if own in config.applied:
            return _without(config, own), "", {}
        if theirs not in config.applied:
            return _without(config, own), "", {own: f"give it or {theirs}, not both"}
    config = _without(config, theirs)
    if own == "levels":
        return _of_levels(config, market, rule, fee)
    return *_of_base(config, market, rule), {}


def _without(config: Config, *names: str) -> Config:
    values, applied = (
        {name: value for name, value in one.items() if name not in names} for one in (config.values, config.applied)
    )
    return evolve(config, values=values, applied=applied)


def _with(config: Config, own: str, value: Decimal) -> Config:
    found = _without(config, own)
    return evolve(found, values={**found.values, OWN[own]: value})


def _of_base(config: Config, market: MarketPrices, rule: Rule) -> tuple[Config, str]:
    """Up to half a step more for each order, for they are rounded down at a price that has moved; never so much that
    one is a step larger at the price of now."""
    base, count = config.values["total_amount_base"], Decimal(slice_count(config))
    to_next = rule.amount_step - ratio(base, count) % rule.amount_step if rule.amount_step else Decimal(0)
    worth = money(times(base + times(to_next, count, HALF), slice_price(config, market, side_of(config))))
    note = (
        f"total_amount_base {plain(base):f} is total_amount_quote {worth:f} at the price now: Hummingbot trades that "
        "value, each order rounded down, so the amount comes out otherwise as the price moves."
    )
    return _with(config, "total_amount_base", worth), note


def _of_levels(config: Config, market: MarketPrices, rule: Rule, fee: Decimal) -> tuple[Config, str, Mapping[str, str]]:
    """With so many levels, or where steps of the amount are too coarse for that, with hardly more or fewer."""
    count = config.values["levels"]
    found, size = _with_levels(config, count, market, rule)
    if size.count != count and not (_only_rounded(size, count, rule) and abs(size.count - count) * FINE <= count):
        return found, "", {"levels": _why_not(config, size, market, rule, fee)}
    told = f"levels {count}: worked out to min_order_amount_quote {found.get('min_order_amount_quote'):f}"
    if size.count != count:
        told += f", which makes {size.count}: amounts are multiples of {plain(rule.amount_step):f} base units"
    return found, f"{told}.", {}


def _only_rounded(size: Sizing, asked: int, rule: Rule) -> bool:
    """Whether steps of the amount are all that stands against so many levels."""
    return size.fitting >= asked and not (size.count < asked and size.floor <= rule.min_notional)


def _with_levels(config: Config, count: int, market: MarketPrices, rule: Rule) -> tuple[Config, Sizing]:
    """A smallest order of which the total pays for half a level more than that many, so that a move of the price takes
    none away; where steps of the amount are too coarse for that, one of just so many steps. Where neither makes so
    many, the one that comes nearest."""
    total, step = config.get("total_amount_quote"), rule.amount_step
    whole = ratio(total, times(market.mid, Decimal(count)))
    just = whole - whole % step - step * HALF if step else whole
    tries = []
    for least in (ratio(total, Decimal(count) + HALF), times(just, market.mid)):
        if least > 0:
            found = _with(config, "levels", money(ratio(least, SPARE)))
            tries.append((evolve(found, levels=count), sizing(found, market.mid, rule)))
    return min(tries, key=lambda one: abs(one[1].count - count))


def holding_levels(config: Config, most: int, market: MarketPrices, rule: Rule, fee: Decimal) -> int | None:
    """The most levels, of no more than `most`, each of which can be sold again; None where not even one can."""
    for count in range(most, 0, -1):
        found, size = _with_levels(config, count, market, rule)
        if size.count == count and least_sale(found, size, rule, fee).holds(rule):
            return count
    return None


def _why_not(config: Config, size: Sizing, market: MarketPrices, rule: Rule, fee: Decimal) -> str:
    count = config.values["levels"]
    most = holding_levels(config, min(size.count, size.fitting), market, rule, fee) or size.count
    if size.fitting < count:
        spread = plain(config.get("min_spread_between_orders"))
        return f"expected at most {most}, got {count}: the range holds no more {spread:f} apart"
    if size.count < count and size.floor <= rule.min_notional:
        return f"expected at most {most}, got {count}: the exchange takes no order below {plain(size.floor):f} in quote"
    return f"expected {size.count}, got {count}: amounts are multiples of {plain(rule.amount_step):f} base units"
