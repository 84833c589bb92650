"""How many levels a grid has and how large they are, worked out as Hummingbot does it, and why."""

from decimal import ROUND_CEILING, Decimal

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.markets.trading_rules import Rule, on_step

SPARE = Decimal("1.05")  # a grid's smallest order is this much larger than it must be


@frozen
class Sizing:
    """`count` levels of `amount` base units each. None may be smaller than `least`, for which the exchange demands a
    value of `floor` in quote; total_amount_quote pays for `paid` of the smallest, the range holds `fitting` levels."""

    count: int
    amount: Decimal
    least: Decimal
    floor: Decimal
    paid: int
    fitting: int


def sizing(config: Config, mid: Decimal, rule: Rule) -> Sizing:
    """As many levels as `total_amount_quote` pays for in smallest orders, and as the range holds in smallest spreads;
    what that leaves over makes the orders larger, whole steps of the amount. One level is always there, whatever it
    costs."""
    total, least_quote = config.get("total_amount_quote"), config.get("min_order_amount_quote")
    lot = rule.amount_step or Decimal("1e-18")
    floor = max(least_quote, rule.min_notional)
    least = times(ratio(times(floor, SPARE), times(mid, lot)).to_integral_value(ROUND_CEILING), lot)
    least = max(least, rule.min_amount)
    spread = max(config.get("min_spread_between_orders"), ratio(rule.price_step, mid))
    span = ratio(config.get("end_price") - config.get("start_price"), config.get("start_price"))
    paid, fitting = int(ratio(total, times(least, mid))), int(ratio(span, spread))
    count = max(1, min(paid, fitting))
    amount = max(least, on_step(ratio(total, times(mid, Decimal(count))), lot))
    return Sizing(max(1, min(count, int(ratio(total, times(amount, mid))))), amount, least, floor, paid, fitting)
