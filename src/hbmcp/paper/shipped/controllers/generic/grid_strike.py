"""One grid executor over a range of prices."""

from decimal import Decimal
from typing import Any

from hbmcp.paper.executors.config import TradeType, TripleBarrierConfig
from hbmcp.paper.shipped.controllers.base import ControllerConfigBase


class GridStrikeConfig(ControllerConfigBase):
    controller_name: str = "grid_strike"
    controller_type: str = "generic"
    side: TradeType = TradeType.BUY
    start_price: Decimal
    end_price: Decimal
    limit_price: Decimal
    min_spread_between_orders: Decimal = Decimal("0.001")
    min_order_amount_quote: Decimal = Decimal("5")
    max_open_orders: int = 2
    triple_barrier_config: TripleBarrierConfig = TripleBarrierConfig(take_profit=Decimal("0.001"))


def executor(config: GridStrikeConfig) -> dict[str, Any]:
    """The executor to create."""
    shared = config.model_dump(mode="json", exclude={"id", "controller_name", "controller_type", "manual_kill_switch"})
    return {"type": "grid_executor", **shared}
