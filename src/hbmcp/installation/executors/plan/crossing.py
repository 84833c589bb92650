"""Limit orders whose price the market has passed: they fill at once, and not at that price. Pure."""

from decimal import Decimal

from hbmcp.figures import money, plain
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import MarketPrices, Order, Plan, Side, sign_of


def crosses(market: MarketPrices, side: Side, price: Decimal) -> bool:
    """Whether an order at that price trades at once: to buy at the best ask or above, to sell at the best bid or
    below."""
    return (price - market.across(side)) * sign_of(side) >= 0


def limit_order(market: MarketPrices, side: Side, price: Decimal, amount: Decimal, level: int = 0) -> Order:
    """A LIMIT at that price; one that the market has passed fills at the best price across."""
    if crosses(market, side, price):
        return Order(level, side, "LIMIT", market.across(side), amount, limit=price)
    return Order(level, side, "LIMIT", price, amount)


def crossing_note(config: Config, plan: Plan) -> str:
    """What to know of its orders that fill at once; "" where none does."""
    at_once = [order for order in plan.orders if order.limit is not None]
    if not at_once:
        return _moved(config, plan)
    first = at_once[0]
    near = f"near {money(first.price):f}"
    if config.kind == "dca_executor":
        return (
            f"The price has passed {len(at_once)} of the {len(plan.orders)} levels: they fill at once {near}, and stop "
            "and target are reckoned from what was paid."
        )
    name, reckoned = ("price", "") if config.kind == "order_executor" else ("entry_price", _RECKONED)
    return f"{name} {plain(first.sent_price):f} is {_beyond(plan)} the price: it fills at once {near}{reckoned}."


_RECKONED = ", and stop and target are reckoned from that fill"


def _moved(config: Config, plan: Plan) -> str:
    """A LIMIT_MAKER mustn't fill at once: Hummingbot places it beside the price instead."""
    if config.kind != "position_executor" or config.get("triple_barrier_config.open_order_type") != "LIMIT_MAKER":
        return ""
    entry, placed = config.get("entry_price"), plan.orders[0].price
    if entry is None or (entry - placed) * sign_of(plan.side) <= 0:
        return ""
    return (
        f"entry_price {plain(entry):f} is {_beyond(plan)} the price, where a LIMIT_MAKER can't rest: Hummingbot places "
        f"it at the best price instead, {plain(placed):f}."
    )


def _beyond(plan: Plan) -> str:
    return "above" if plan.side == "BUY" else "below"
