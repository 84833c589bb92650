from __future__ import annotations

from decimal import Decimal
from typing import Any

from attrs import define

from hummingbot_api import encode


@define(kw_only=True)
class BacktestingConfig:
    #: Controller config, or a saved one's name with .yml
    config: dict[str, Any] | str
    start_time: int | None = None
    end_time: int | None = None
    #: Candle interval
    backtesting_resolution: str | None = None
    #: Fee as fraction, 0.0006 = 0.06%
    trade_cost: Decimal | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "config": self.config,
                "start_time": self.start_time,
                "end_time": self.end_time,
                "backtesting_resolution": self.backtesting_resolution,
                "trade_cost": self.trade_cost,
            }
        )
