"""Buys below a band around the average price, sells above it."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import fmean, stdev

from hbmcp.paper.shipped.controllers.base import ControllerConfigBase


class BollingerV1Config(ControllerConfigBase):
    controller_name: str = "bollinger_v1"
    controller_type: str = "directional_trading"
    interval: str = "3m"
    bb_length: int = 100
    bb_std: float = 2.0
    bb_long_threshold: float = 0.0
    bb_short_threshold: float = 1.0
    max_executors_per_side: int = 2
    cooldown_time: int = 300
    stop_loss: Decimal | None = Decimal("0.03")
    take_profit: Decimal | None = Decimal("0.02")
    time_limit: int | None = 2700


def signal(config: BollingerV1Config, closes: Sequence[float]) -> int:
    """1: buy, -1: sell, 0: neither. Closing prices, oldest first; none as long as there are too few."""
    recent = closes[-config.bb_length :]
    if len(recent) < config.bb_length or not (deviation := stdev(recent)):
        return 0
    lower = fmean(recent) - config.bb_std * deviation
    place = (recent[-1] - lower) / (2 * config.bb_std * deviation)  # 0 at the lower band, 1 at the upper
    return 1 if place < config.bb_long_threshold else -1 if place > config.bb_short_threshold else 0
