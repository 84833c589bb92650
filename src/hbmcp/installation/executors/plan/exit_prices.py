"""Where an executor closes, and what it has won or lost by then: before fees, with all its orders filled."""

from collections.abc import Iterator
from decimal import Decimal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import Plan, sign_of

_WITH_BARRIERS = ("position_executor", "grid_executor")


@frozen
class Exit:
    """`price` at which it is reached, `pnl` in quote units."""

    name: str
    price: Decimal
    pnl: Decimal


def exit_prices(config: Config, plan: Plan) -> list[Exit]:
    """Its take profit and its stops. A grid's take profits are its orders' own."""
    average = plan.average
    return list(_exit_prices(config, plan, average)) if average else []


def worst_stop(found: list[Exit], plan: Plan) -> Exit | None:
    """The stop that comes first: the highest below a long, the lowest above a short. None where nothing stops it."""
    stops = [one for one in found if one.name != "take_profit"]
    return max(stops, key=lambda one: one.price * sign_of(plan.side), default=None)


def _exit_prices(config: Config, plan: Plan, average: Decimal) -> Iterator[Exit]:
    prefix = "triple_barrier_config." if config.kind in _WITH_BARRIERS else ""
    sign = sign_of(plan.side)
    gain, loss = config.get(f"{prefix}take_profit"), config.get(f"{prefix}stop_loss")
    if gain is not None and config.kind != "grid_executor":
        yield Exit("take_profit", times(average, 1 + sign * gain), times(plan.quote, gain))
    if loss is not None:
        yield Exit("stop_loss", times(average, 1 - sign * loss), -times(plan.quote, loss))
    if config.kind == "grid_executor":
        limit = config.get("limit_price")
        yield Exit("limit_price", limit, times(plan.amount, limit - average) * sign)
