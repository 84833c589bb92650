"""Backtest a controller configuration, and wait for it."""

from decimal import Decimal
from typing import Any

from hbmcp.installation.answer_fields import record, under
from hbmcp.installation.controllers.backtest_config import backtest_config
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import backtesting

UNITS = (
    "net_pnl, accuracies and max_drawdown_pct are fractions (0.01 = 1%); fills are assumed at candle prices, without "
    "queue or slippage."
)


async def run_backtest(
    installation: Installation,
    *,
    config: dict[str, Any] | None = None,
    config_name: str | None = None,
    start_time: str,
    end_time: str = "now",
    resolution: str | None = None,
    trade_cost: Decimal | None = None,
) -> Answer:
    """The figures of its results. Raises BadArguments for no configuration or two, Failed where it can't run."""
    results = await installation.read(
        under("results", record),
        backtesting.compute_backtest,
        config=backtest_config(config, config_name),
        start_time=start_time,
        end_time=end_time,
        resolution=resolution,
        trade_cost=trade_cost,
    )
    return Answer(results, (UNITS,))
