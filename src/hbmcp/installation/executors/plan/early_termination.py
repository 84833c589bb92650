"""What makes an executor end as soon as it has started, known beforehand."""

from collections.abc import Iterator
from decimal import Decimal

from hbmcp.figures import money, plain
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.grid_sale import least_sale
from hbmcp.installation.executors.plan.grid_sizing import sizing
from hbmcp.installation.executors.plan.own_fields import holding_levels
from hbmcp.installation.executors.plan.plan import MarketPrices, Plan, far_end, sign_of
from hbmcp.installation.markets.trading_rules import Rule

_RAISE = {
    "grid_executor": "min_order_amount_quote",
    "dca_executor": "amounts_quote",
    "twap_executor": "total_amount_quote, or order_interval",
}


def termination_causes(
    config: Config, plan: Plan, market: MarketPrices, rule: Rule, fee: Decimal
) -> Iterator[tuple[str, str]]:
    """(field, what is wrong with it). `fee` is that of an order, a share."""
    if small := plan.too_small(rule):
        least = [f"{plain(rule.min_amount):f} in base"] if rule.min_amount else []
        least += [f"{plain(rule.min_notional):f} in quote units"] if rule.min_notional else []
        smallest = min(small, key=lambda order: order.sent_quote)
        worth = f"{plain(smallest.amount):f} at {plain(smallest.sent_price):f} is {money(smallest.sent_quote):f}"
        how_many = f"{len(small)} of {len(plan.orders)} orders are" if len(plan.orders) > 1 else "the order is"
        expected = " and ".join(least) or "one step of the amount"
        yield _RAISE.get(config.kind, "amount"), f"{how_many} too small ({worth}): expected at least {expected}"
    elif config.kind == "grid_executor":
        yield from unsellable(config, market, rule, fee)
    if config.kind == "grid_executor":
        yield from _outside(config, plan, market)


def unsellable(config: Config, market: MarketPrices, rule: Rule, fee: Decimal) -> Iterator[tuple[str, str]]:
    """A grid whose levels can be opened, and not closed again: it fails once the first is filled."""
    size = sizing(config, market.mid, rule)
    sale = least_sale(config, size, rule, fee)
    if sale.holds(rule):
        return
    less = holding_levels(config, size.count - 1, market, rule, fee)
    advice = "raise total_amount_quote" if less is None else f"set levels to {less} or fewer"
    yield (
        "levels" if config.levels else "min_order_amount_quote",
        f"a level of {plain(size.amount):f} could close only {plain(sale.amount):f} less the fee, "
        f"{money(sale.quote):f} in quote, and the exchange takes no order below {plain(rule.min_notional):f}: {advice}",
    )


def _outside(config: Config, plan: Plan, market: MarketPrices) -> Iterator[tuple[str, str]]:
    """A grid whose limit or far end the price has passed closes at its first look."""
    sign, price = sign_of(plan.side), f"{plain(market.mid):f}"
    far = far_end(plan.side)
    orders, beyond = ("buys", "below") if sign > 0 else ("sells", "above")
    if (market.mid - config.get("limit_price")) * sign <= 0:
        yield (
            "limit_price",
            f"the price, {price}, is beyond it already: the grid would give up at once; set it {beyond} the price",
        )
    elif (market.mid - config.get(far)) * sign > 0:
        yield (
            far,
            f"the price, {price}, is beyond it already, so the grid would end at once: put the range around the price, "
            f"or for {orders} all {beyond} the price use dca_executor or LIMIT orders (place_order)",
        )
