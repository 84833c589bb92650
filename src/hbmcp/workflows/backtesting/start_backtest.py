"""Backtest a controller configuration in the background."""

from decimal import Decimal
from typing import Any

from hbmcp.installation.controllers.backtest_config import backtest_config
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import backtesting

UNCHECKED = "Accepted, not checked: a wrong config shows in get_backtest. Tasks are lost when the API restarts."


async def start_backtest(
    installation: Installation,
    *,
    config: dict[str, Any] | None = None,
    config_name: str | None = None,
    start_time: str,
    end_time: str = "now",
    resolution: str | None = None,
    trade_cost: Decimal | None = None,
) -> Answer:
    """Its task and status. Raises BadArguments for no configuration or two."""
    answer = await installation.ask(
        backtesting.submit_backtest,
        config=backtest_config(config, config_name),
        start_time=start_time,
        end_time=end_time,
        resolution=resolution,
        trade_cost=trade_cost,
    )
    return Answer(answer, (UNCHECKED,))
