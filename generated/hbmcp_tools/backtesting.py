"""Backtesting: backtest controller configurations on past candles.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any

from hbmcp.times import to_seconds
from hummingbot_api.api import backtesting as backtesting_api
from hummingbot_api.models.backtesting import BacktestingConfig
from hummingbot_api.request import Request


def compute_backtest(
    *,
    config: dict[str, Any] | str,
    start_time: str,
    end_time: str = "now",
    resolution: str | None = None,
    trade_cost: Decimal | None = None,
) -> Request[Any]:
    """Backtest a config that has its id, and wait for its figures.

    POST /backtesting/run, risk: read.

    Args:
        config: Controller config, or a saved one's name with .yml
        start_time: e.g. 7d, or UTC time
        resolution: Candle interval
        trade_cost: Fee as fraction, 0.0006 = 0.06%
    """
    return backtesting_api.run_backtesting(
        body=BacktestingConfig(
            config=config,
            start_time=to_seconds(start_time),
            end_time=to_seconds(end_time),
            backtesting_resolution=resolution,
            trade_cost=trade_cost,
        )
    )


def submit_backtest(
    *,
    config: dict[str, Any] | str,
    start_time: str,
    end_time: str = "now",
    resolution: str | None = None,
    trade_cost: Decimal | None = None,
) -> Request[Any]:
    """Start a backtest of a config that has its id in the background.

    POST /backtesting/tasks, risk: write.

    Args:
        config: Controller config, or a saved one's name with .yml
        start_time: e.g. 7d, or UTC time
        resolution: Candle interval
        trade_cost: Fee as fraction, 0.0006 = 0.06%
    """
    return backtesting_api.create_backtest_task(
        body=BacktestingConfig(
            config=config,
            start_time=to_seconds(start_time),
            end_time=to_seconds(end_time),
            backtesting_resolution=resolution,
            trade_cost=trade_cost,
        )
    )


def list_backtests() -> Request[Any]:
    """Background backtests and their status.

    GET /backtesting/tasks, risk: read.
    """
    return backtesting_api.list_backtest_tasks()


def get_backtest(
    *,
    task_id: str,
) -> Request[Any]:
    """A background backtest's figures, or status.

    GET /backtesting/tasks/{task_id}, risk: read.
    """
    return backtesting_api.get_backtest_task(
        task_id=task_id,
    )


def list_backtest_executors(
    *,
    task_id: str,
) -> Request[Any]:
    """What a background backtest traded, by executor.

    GET /backtesting/tasks/{task_id}, risk: read.
    """
    return backtesting_api.get_backtest_task(
        task_id=task_id,
    )


def delete_backtest(
    *,
    task_id: str,
) -> Request[Any]:
    """Cancel a running backtest, or delete a finished one's result.

    DELETE /backtesting/tasks/{task_id}, risk: destructive.
    """
    return backtesting_api.delete_backtest_task(
        task_id=task_id,
    )
