"""The orders that an executor will place, worked out as Hummingbot does it.

An order's price is the next lower one that the exchange takes, its amount the next smaller one, on both sides.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import cast

from hbmcp.figures import ratio, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.crossing import crosses, limit_order
from hbmcp.installation.executors.plan.grid_sizing import sizing
from hbmcp.installation.executors.plan.plan import MarketPrices, Order, Plan, Side, sign_of
from hbmcp.installation.markets.trading_rules import Rule, on_step


def plan(config: Config, market: MarketPrices, rule: Rule) -> Plan | None:
    """None for a type whose orders can't be told beforehand."""
    make = _BY_KIND.get(config.kind)
    return make(config, market, rule) if make else None


def side_of(config: Config) -> Side:
    """The side of the orders that open it."""
    return cast(Side, config.get("side"))


def grid_prices(start: Decimal, end: Decimal, count: int) -> list[Decimal]:
    """Evenly from start to end; one level is in the middle."""
    if count == 1:
        return [(start + end) / 2]
    return [start + ratio((end - start) * level, Decimal(count - 1)) for level in range(count)]


def _grid(config: Config, market: MarketPrices, rule: Rule) -> Plan:
    """The nearest levels first. One that the price has passed already is opened just beside the price."""
    side = side_of(config)
    sign = sign_of(side)
    start, end = config.get("start_price"), config.get("end_price")
    size = sizing(config, market.mid, rule)
    count, amount = size.count, size.amount
    gain = take_profit(config, count)
    edge = times(market.beside(side), 1 - sign * config.get("safe_extra_spread"))
    kind = config.get("triple_barrier_config.open_order_type")
    bound = config.get("activation_bounds")
    orders = []
    prices = list(enumerate(grid_prices(start, end, count)))
    for level, price in sorted(prices, key=lambda one: abs(one[1] - market.mid)):
        opened = min(price, edge) if sign > 0 else max(price, edge)
        if bound is None or abs(opened - market.mid) <= times(bound, market.mid):
            target = on_step(times(price, 1 + sign * gain), rule.price_step)
            own = on_step(price, rule.price_step)
            orders.append(Order(level, side, kind, on_step(opened, rule.price_step), amount, target, own))
    return Plan(side, tuple(orders), config.get("max_orders_per_batch"))


def take_profit(config: Config, count: int) -> Decimal:
    """How far beyond its own price each level of a grid is closed, a share."""
    gain: Decimal = config.get("triple_barrier_config.take_profit")
    if not config.get("coerce_tp_to_step"):
        return gain
    start, end = config.get("start_price"), config.get("end_price")
    return max(gain, ratio(end - start, times(start, Decimal(max(count - 1, 1)))))


def _dca(config: Config, market: MarketPrices, rule: Rule) -> Plan:
    """A level that the price has passed fills at once in the mode MAKER; a TAKER waits for the price to come back."""
    side, maker = side_of(config), config.get("mode") == "MAKER"
    levels = enumerate(zip(config.get("prices"), config.get("amounts_quote"), strict=True))
    orders = []
    for level, (price, quote) in levels:
        at, amount = on_step(price, rule.price_step), on_step(ratio(quote, price), rule.amount_step)
        order = limit_order(market, side, at, amount, level) if maker else Order(level, side, "MARKET", at, amount)
        orders.append(order)
    return Plan(side, tuple(orders))


def _position(config: Config, market: MarketPrices, rule: Rule) -> Plan:
    side, kind = side_of(config), config.get("triple_barrier_config.open_order_type")
    price = config.get("entry_price") or market.beside(side)
    amount = on_step(config.get("amount"), rule.amount_step)
    if kind == "LIMIT":
        return Plan(side, (limit_order(market, side, on_step(price, rule.price_step), amount),))
    if kind == "MARKET":
        price = market.across(side)
    elif crosses(market, side, price):  # a LIMIT_MAKER is placed where it still rests
        price = market.beside(side)
    return Plan(side, (Order(0, side, kind, on_step(price, rule.price_step), amount),))


def _twap(config: Config, market: MarketPrices, rule: Rule) -> Plan:
    """One slice at the start and one at the end of each interval, at today's price."""
    side = side_of(config)
    count, interval = slice_count(config), config.get("order_interval")
    price = slice_price(config, market, side)
    amount = on_step(ratio(ratio(config.get("total_amount_quote"), Decimal(count)), price), rule.amount_step)
    price = on_step(price, rule.price_step)
    kind = "LIMIT" if config.get("mode") == "MAKER" else "MARKET"
    return Plan(side, tuple(Order(one, side, kind, price, amount, after=one * interval) for one in range(count)))


def slice_count(config: Config) -> int:
    """How many orders a TWAP has."""
    count: int = config.get("total_duration") // config.get("order_interval") + 1
    return count


def slice_price(config: Config, market: MarketPrices, side: Side) -> Decimal:
    """The price by which a TWAP turns its value into an amount."""
    if config.get("mode") != "MAKER":
        return market.across(side)
    return times(market.mid, 1 - sign_of(side) * (config.get("limit_order_buffer") or Decimal(0)))


def _order(config: Config, market: MarketPrices, rule: Rule) -> Plan:
    side, strategy = side_of(config), config.get("execution_strategy")
    price = config.get("price") or market.across(side)
    if strategy == "LIMIT_CHASER":
        price = times(market.mid, 1 - sign_of(side) * config.get("chaser_config.distance"))
    amount = on_step(config.get("amount"), rule.amount_step)
    if strategy == "LIMIT":
        return Plan(side, (limit_order(market, side, on_step(price, rule.price_step), amount),))
    kind = "LIMIT_MAKER" if strategy == "LIMIT_CHASER" else strategy
    return Plan(side, (Order(0, side, kind, on_step(price, rule.price_step), amount),))


_BY_KIND: Mapping[str, Callable[[Config, MarketPrices, Rule], Plan]] = {
    "grid_executor": _grid,
    "dca_executor": _dca,
    "position_executor": _position,
    "twap_executor": _twap,
    "order_executor": _order,
}
