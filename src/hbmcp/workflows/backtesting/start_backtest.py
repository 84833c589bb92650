"""Backtest a controller configuration in the background."""

from decimal import Decimal
from typing import Any

from hbmcp.installation.controllers.backtest_config import backtest_config
from hbmcp.installation.controllers.stake import controller_stake
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import backtesting

UNCHECKED = "Accepted, not checked: a wrong config shows in get_backtest. Tasks are lost when the API restarts."


async def start_backtest(
    _: Installation,
    *,
    config: dict[str, Any] | None = None,
    config_name: str | None = None,
    start_time: str,
    end_time: str = "now",
    resolution: str | None = None,
    trade_cost: Decimal | None = None,
) -> Plan:
    """Its task and status. Raises BadArguments for no configuration or two."""
    what = f"config {named(config_name)}" if config is None else f"a config of {named(config.get('controller_name'))}"
    request = PlannedRequest.of(
        "configures",
        f"start a backtest of {what} from {named(start_time)} to {named(end_time)}",
        controller_stake(config or {}),
        backtesting.submit_backtest,
        config=backtest_config(config, config_name),
        start_time=start_time,
        end_time=end_time,
        resolution=resolution,
        trade_cost=trade_cost,
    )

    async def commit(installation: Installation) -> Answer:
        return Answer(await installation.send(request), (UNCHECKED,))

    return Plan(Answer(request.unsent), (request,), commit)
