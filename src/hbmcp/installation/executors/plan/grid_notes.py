"""What the figures of a grid's preview don't say by themselves: pure."""

from collections.abc import Iterator
from decimal import Decimal

from hbmcp.figures import money, plain, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.grid_sizing import SPARE, Sizing, sizing
from hbmcp.installation.executors.plan.plan import MarketPrices, Plan
from hbmcp.installation.executors.plan.planned_orders import take_profit
from hbmcp.installation.markets.trading_rules import Rule
from hbmcp.pairs import base_of
from hbmcp.text import named


def grid_remarks(config: Config, plan: Plan, market: MarketPrices, rule: Rule) -> Iterator[str]:
    """Why it has so many levels of this size, where they are opened and closed, how many are placed at once."""
    size = sizing(config, market.mid, rule)
    base = base_of(str(config.get("trading_pair")))
    yield from _count(config, size, market.mid, rule, base)
    step = f", a multiple of {plain(rule.amount_step):f}" if rule.amount_step else ""
    total, worth = config.get("total_amount_quote"), times(size.amount, Decimal(size.count), market.mid)
    if worth < total:
        yield (
            f"Amounts are rounded down to {plain(size.amount):f} {named(base)}{step}: at the current price "
            f"{money(worth):f} of total_amount_quote {plain(total):f} is used."
        )
    if size.count > len(plan.orders):
        yield f"{size.count - len(plan.orders)} more levels are placed once the price is within activation_bounds."
    gain = _percent(take_profit(config, size.count))
    if any(order.own_price != order.price for order in plan.orders):
        yield (
            "Levels that the price has passed are opened just beside the price instead of at level_price, and closed "
            f"where they would be anyway: {gain} % beyond level_price."
        )
    if config.get("coerce_tp_to_step"):
        yield f"coerce_tp_to_step: each level is closed {gain} % beyond its own price, no nearer than the next level."
    most = config.get("max_open_orders")
    if len(plan.orders) > most and (plan.batch or len(plan.orders)) > most:
        yield (
            f"max_open_orders {most} holds between batches only: set max_orders_per_batch, or Hummingbot places "
            f"{plan.batch or 'all'} levels at once."
        )


def _count(config: Config, size: Sizing, mid: Decimal, rule: Rule, base: str) -> Iterator[str]:
    total, asked = config.get("total_amount_quote"), config.get("min_order_amount_quote")
    expected = config.levels or int(total / asked)
    if size.count >= expected:
        return
    levels = f"{size.count} level{'' if size.count == 1 else 's'}, not {expected}"
    if size.fitting < size.paid:
        spread = _percent(config.get("min_spread_between_orders"))
        yield f"{levels}: the range holds no more {spread} % (min_spread_between_orders) apart."
        return
    whose = "min_order_amount_quote" if asked >= rule.min_notional else "the exchange's minimum"
    yield (
        f"{levels}: each needs {whose} {plain(size.floor):f} and {_percent(SPARE - 1)} % to spare, "
        f"rounded up to {plain(size.least):f} {named(base)} ({money(times(size.least, mid)):f} in quote), and "
        f"total_amount_quote {plain(total):f} pays for {size.paid} of those."
    )


def _percent(share: Decimal) -> str:
    """ "0.5" of 0.005; of what isn't so short four digits."""
    return f"{plain(Decimal(f'{100 * share:.4g}')):f}"
