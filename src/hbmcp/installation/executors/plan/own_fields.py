"""Fields that Hummingbot doesn't have, worked out into those that it has at the market of now."""

from decimal import Decimal

from attrs import evolve

from hbmcp.figures import money, plain, ratio, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.fields import OWN
from hbmcp.installation.executors.config.validation import refuse
from hbmcp.installation.executors.plan.grid_sizing import SPARE, Sizing, sizing
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.executors.plan.planned_orders import side_of, slice_count, slice_price
from hbmcp.installation.markets.trading_rules import Rule

HALF = Decimal("0.5")


def with_own_fields(tool: str, config: Config, market: MarketPrices, rule: Rule) -> tuple[Config, str]:
    """The same in Hummingbot's fields, and what they were worked out to. Of the two what was given wins over what was
    saved as a default. Raises BadArguments for both, and for levels that can't be had."""
    own = next((name for name in OWN if name in config.values), None)
    if own is None:
        return config, ""
    theirs = OWN[own]
    if theirs in config.values:
        if own in config.applied:
            return _without(config, own), ""
        if theirs not in config.applied:
            refuse(tool, config.kind, {own: f"give it or {theirs}, not both"})
    config = _without(config, theirs)
    return _of_levels(tool, config, market, rule) if own == "levels" else _of_base(config, market, rule)


def _without(config: Config, *names: str) -> Config:
    values, applied = (
        {name: value for name, value in one.items() if name not in names} for one in (config.values, config.applied)
    )
    return evolve(config, values=values, applied=applied)


def _with(config: Config, own: str, value: Decimal) -> Config:
    found = _without(config, own)
    return evolve(found, values={**found.values, OWN[own]: value})


def _of_base(config: Config, market: MarketPrices, rule: Rule) -> tuple[Config, str]:
    """Half a step more for each order: they are rounded down, at a price that has moved."""
    base = config.values["total_amount_base"]
    steps = times(rule.amount_step, Decimal(slice_count(config)), HALF)
    worth = money(times(base + steps, slice_price(config, market, side_of(config))))
    note = (
        f"total_amount_base {plain(base):f} is total_amount_quote {worth:f} at the price now: Hummingbot trades that "
        "value, so the amount comes out otherwise as the price moves."
    )
    return _with(config, "total_amount_base", worth), note


def _of_levels(tool: str, config: Config, market: MarketPrices, rule: Rule) -> tuple[Config, str]:
    """A smallest order of which the total pays for half a level more than that many, so that a move of the price takes
    none away; where steps of the amount are too coarse for that, one of just so many steps."""
    count, total = config.values["levels"], config.get("total_amount_quote")
    step = rule.amount_step
    whole = ratio(total, times(market.mid, Decimal(count)))
    just = whole - whole % step - step * HALF if step else whole
    tries = (ratio(total, Decimal(count) + HALF), times(just, market.mid))
    for least in tries:
        found = _with(config, "levels", money(ratio(least, SPARE)))
        size = sizing(found, market.mid, rule)
        if least > 0 and size.count == count:
            break
    else:
        refuse(tool, config.kind, {"levels": _why_not(config, size, rule)})
    return found, f"levels {count}: worked out to min_order_amount_quote {found.get('min_order_amount_quote'):f}."


def _why_not(config: Config, size: Sizing, rule: Rule) -> str:
    count = config.values["levels"]
    if size.fitting < count:
        spread = plain(config.get("min_spread_between_orders"))
        return f"expected at most {size.fitting}, got {count}: the range holds no more {spread:f} apart"
    if size.count < count and size.floor <= rule.min_notional:
        return f"expected at most {size.count}, got {count}: the exchange takes no order below {size.floor:f} in quote"
    return f"expected {size.count}, got {count}: amounts are multiples of {plain(rule.amount_step):f} base units"
