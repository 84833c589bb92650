"""Orders on both sides of the price, at fixed distances from it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hbmcp.paper.executors.config import OrderType, TrailingStop
from hbmcp.paper.shipped.controllers.base import ControllerConfigBase


def _numbers(value: Any) -> Any:
    """Also "0.01,0.02"."""
    return [part for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Spreads = Annotated[list[float], BeforeValidator(_numbers)]
Shares = Annotated[list[Decimal] | None, BeforeValidator(_numbers)]


class PMMSimpleConfig(ControllerConfigBase):
    controller_name: str = "pmm_simple"
    controller_type: str = "market_making"
    buy_spreads: Spreads = Field([0.01, 0.02])
    sell_spreads: Spreads = Field([0.01, 0.02])
    buy_amounts_pct: Shares = None
    sell_amounts_pct: Shares = None
    executor_refresh_time: int = 300
    cooldown_time: int = 15
    position_mode: str = "HEDGE"
    stop_loss: Decimal | None = Decimal("0.03")
    take_profit: Decimal | None = Decimal("0.02")
    time_limit: int | None = 2700
    take_profit_order_type: OrderType = OrderType.LIMIT
    trailing_stop: TrailingStop | None = None


def executors(config: PMMSimpleConfig, price: Decimal) -> Iterator[dict[str, Any]]:
    """The position executors that make this market at a price: all levels of a side share its half by their weights."""
    sides = ((1, config.buy_spreads, config.buy_amounts_pct), (2, config.sell_spreads, config.sell_amounts_pct))
    for side, spreads, given in sides:
        weights = given or [Decimal(1)] * len(spreads)
        for spread, weight in zip(spreads, weights, strict=True):
            entry = price * (1 + Decimal(str(spread)) * (-1 if side == 1 else 1))
            yield {
                "type": "position_executor",
                "connector_name": config.connector_name,
                "trading_pair": config.trading_pair,
                "side": side,
                "entry_price": str(entry),
                "amount": str(config.total_amount_quote / 2 * weight / sum(weights) / entry),
                "leverage": config.leverage,
                "triple_barrier_config": {
                    "stop_loss": config.stop_loss and str(config.stop_loss),
                    "take_profit": config.take_profit and str(config.take_profit),
                    "time_limit": config.time_limit,
                    "take_profit_order_type": config.take_profit_order_type.value,
                },
            }
