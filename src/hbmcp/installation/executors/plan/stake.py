"""What an executor can come to, in figures: pure."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from attrs import evolve

from hbmcp.figures import times
from hbmcp.installation.executors.plan.grid_sizing import sizing
from hbmcp.installation.executors.plan.preparation import Prepared
from hbmcp.installation.planned_request import Stake

BOTH_SIDES = Decimal(2)  # of what buys on one market and sells on another
LP = "lp_executor"  # whose prices are a range


def stake(account_name: str, prepared: Prepared) -> Stake:
    """Where it trades (of two markets the first), and the value of all that it may ever hold; `price` is that of its
    orders which is furthest from the market. Only one that is told an amount has one: what is told a sum to spend buys
    no more than that, whatever the market's price."""
    config = prepared.config
    connector, pair = config.markets[0]
    leverage = config.get("leverage") if config.perpetual else None
    return Stake(
        account=account_name,
        exchange=connector,
        pair=pair,
        side=config.get("side"),
        amount=config.get("amount"),
        price=config.get("lower_price") if config.kind == LP else _furthest(prepared),
        until=config.get("upper_price") if config.kind == LP else None,
        value=whole_value(prepared),
        market=prepared.price,
        leverage=None if leverage is None else Decimal(leverage),
        type=config.kind,
        orders=_resting(prepared),
    )


def stakes(account_name: str, prepared: Prepared) -> tuple[Stake, ...] | None:
    """That of each of two markets, at that one's own price; None for what trades on one."""
    config = prepared.config
    if len(config.markets) == 1:
        return None
    whole = stake(account_name, prepared)
    return tuple(
        evolve(whole, exchange=exchange, pair=pair, amount=config.get("order_amount"), value=None, market=None)
        for exchange, pair in config.markets
    )


def _furthest(prepared: Prepared) -> Decimal | None:
    if prepared.forecast is None or prepared.price is None:
        return None
    market = prepared.price
    prices = [order.sent_price for order in prepared.forecast.plan.orders]
    return max(prices, key=lambda price: abs(price - market), default=None)


def _resting(prepared: Prepared) -> int:
    """How many orders of it may rest at once: of a grid one at each level, also where the price isn't near yet."""
    known = prepared.forecast
    if known is None or known.plan.timed:
        return 1
    if prepared.config.kind == "grid_executor":
        return sizing(prepared.config, known.market.mid, known.rule).count
    return max(len(known.plan.orders), 1)


def whole_value(prepared: Prepared) -> Decimal | None:
    """In quote: what it is told to spend, else its amount at the worse of the market and its own price; never less than
    its orders are worth. None where no price is known."""
    config, price = prepared.config, prepared.price
    if config.kind == LP:
        total = config.get("quote_amount") + times(config.get("base_amount"), config.get("upper_price"))
    elif (both := config.get("order_amount")) is not None:
        total = None if price is None else times(both, price, BOTH_SIDES)
    else:
        total = told_value(config.get, price)
    orders = prepared.forecast.plan.reserved if prepared.forecast else Decimal(0)
    return None if total is None else max(total, orders)


def told_value(told: Callable[[str], Any], price: Decimal | None) -> Decimal | None:
    """The same of one on a single order book, by what its configuration is told."""
    if (levels := told("amounts_quote")) is not None:
        return sum(levels, Decimal(0))
    if (amount := told("amount")) is not None:
        prices = [one for one in (price, told("price"), told("entry_price")) if one is not None]
        return times(amount, max(prices)) if prices else None
    total: Decimal | None = told("total_amount_quote")
    return total
