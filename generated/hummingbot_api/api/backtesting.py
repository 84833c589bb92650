from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.backtesting import BacktestingConfig
from hummingbot_api.request import Request


def create_backtest_task(body: BacktestingConfig) -> Request[Any]:
    """Start a backtest of a config that has its id in the background.

    POST /backtesting/tasks
    """
    return Request("POST", "/backtesting/tasks", json=body.to_dict(), parse=decode.anything)


def delete_backtest_task(task_id: str) -> Request[Any]:
    """Cancel a running backtest, or delete a finished one's result.

    DELETE /backtesting/tasks/{task_id}
    """
    return Request("DELETE", encode.path("/backtesting/tasks/{}", task_id), parse=decode.anything)


def get_backtest_task(task_id: str) -> Request[Any]:
    """A background backtest's figures, or status.

    GET /backtesting/tasks/{task_id}
    """
    return Request("GET", encode.path("/backtesting/tasks/{}", task_id), parse=decode.anything)


def list_backtest_tasks() -> Request[Any]:
    """Background backtests and their status.

    GET /backtesting/tasks
    """
    return Request("GET", "/backtesting/tasks", parse=decode.anything)


def run_backtesting(body: BacktestingConfig) -> Request[Any]:
    """Backtest a config that has its id, and wait for its figures.

    POST /backtesting/run
    """
    return Request("POST", "/backtesting/run", json=body.to_dict(), parse=decode.anything)
