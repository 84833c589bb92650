"""Executors: self-managing orders: positions with stops, grids, DCA, TWAP, arbitrage.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any, Literal

from hummingbot_api.api import executors as executors_api
from hummingbot_api.models.executors import (
    CreateExecutorRequest,
    CreateExecutorResponse,
    ExecutorDetailResponse,
    ExecutorFilterRequest,
    ExecutorLogsResponse,
    ExecutorsSummaryResponse,
    PerformanceReportResponse,
    PositionHoldResponse,
    PositionsSummaryResponse,
    StopExecutorRequest,
    StopExecutorResponse,
)
from hummingbot_api.models.shared import PaginatedResponse
from hummingbot_api.request import Request


def get_executor_types() -> Request[Any]:
    """Kinds of executor and what each is for.

    GET /executors/types/available, risk: read.
    """
    return executors_api.get_available_executor_types()


def get_executor_config_schema(
    *,
    executor_type: Literal[
        "position_executor",
        "grid_executor",
        "dca_executor",
        "twap_executor",
        "arbitrage_executor",
        "xemm_executor",
        "order_executor",
        "lp_executor",
    ],
) -> Request[Any]:
    """Fields of an executor type as the API lists them; get_executor_fields explains them.

    GET /executors/types/{executor_type}/config, risk: read.
    """
    return executors_api.get_executor_config_schema(
        executor_type=executor_type,
    )


def start_executor(
    *,
    executor_config: dict[str, Any],
    account_name: str,
    controller_id: str | None = None,
) -> Request[CreateExecutorResponse]:
    """Start an executor, which then trades by itself until its goal, a barrier or stop_executor ends it.
    create_executor checks it first. Set leverage on perpetuals yourself (a grid's default is 20).

    POST /executors/, risk: trade.

    Args:
        executor_config: E.g.
            {"type":"position_executor","connector_name":"binance_perpetual","trading_pair":"BTC-USDT","side":1,"amount":"0.01","leverage":5,"triple_barrier_config":{"stop_loss":"0.03","take_profit":"0.02","open_order_type":1}};
            side 1 buys, 2 sells, 0.03 is 3%
        controller_id: Group label
    """
    return executors_api.create_executor(
        body=CreateExecutorRequest(
            executor_config=executor_config,
            account_name=account_name,
            controller_id=controller_id,
        )
    )


def search_executors(
    *,
    limit: int = 50,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    executor_type: Literal[
        "position_executor",
        "grid_executor",
        "dca_executor",
        "arbitrage_executor",
        "twap_executor",
        "xemm_executor",
        "order_executor",
        "lp_executor",
    ]
    | None = None,
    status: Literal["RUNNING", "SHUTTING_DOWN", "TERMINATED"] | None = None,
    controller_id: str | None = None,
) -> Request[PaginatedResponse]:
    """Executors as the API records them, with their configurations; list_executors shows them.

    POST /executors/search, risk: read.
    """
    return executors_api.list_executors(
        body=ExecutorFilterRequest(
            limit=limit,
            account_names=None if account_name is None else [account_name],
            connector_names=None if connector_name is None else [connector_name],
            trading_pairs=None if trading_pair is None else [trading_pair],
            executor_types=None if executor_type is None else [executor_type],
            status=status,
            controller_ids=None if controller_id is None else [controller_id],
        )
    )


def get_executor_record(
    *,
    executor_id: str,
) -> Request[ExecutorDetailResponse]:
    """One executor's state, P&L, configuration and orders.

    GET /executors/{executor_id}, risk: read.
    """
    return executors_api.get_executor(
        executor_id=executor_id,
    )


def submit_executor_stop(
    *,
    executor_id: str,
    keep_position: bool,
) -> Request[StopExecutorResponse]:
    """Stop an executor: its orders are cancelled and, unless keep_position is true, its position is closed at market.

    POST /executors/{executor_id}/stop, risk: trade.
    """
    return executors_api.stop_executor(
        executor_id=executor_id,
        body=StopExecutorRequest(
            keep_position=keep_position,
        ),
    )


def get_executor_logs(
    *,
    executor_id: str,
    level: Literal["ERROR", "WARNING", "INFO", "DEBUG"] | None = None,
    limit: int | None = None,
) -> Request[ExecutorLogsResponse]:
    """Log lines of a running executor; ended ones keep none.

    GET /executors/{executor_id}/logs, risk: read.
    """
    return executors_api.get_executor_logs(
        executor_id=executor_id,
        level=level,
        limit=limit,
    )


def get_executors_summary() -> Request[ExecutorsSummaryResponse]:
    """Counts, P&L and volume of running executors.

    GET /executors/summary, risk: read.
    """
    return executors_api.get_executors_summary()


def get_executors_performance(
    *,
    controller_id: str | None = None,
) -> Request[PerformanceReportResponse]:
    """P&L, fees, volume and win rate of all executors, ended ones too.

    GET /executors/performance, risk: read.
    """
    return executors_api.get_performance_report(
        controller_id=controller_id,
    )


def get_held_positions(
    *,
    controller_id: str | None = None,
) -> Request[PositionsSummaryResponse]:
    """Positions that stopped executors left open, as recorded; the exchange's own: get_positions.

    GET /executors/positions/summary, risk: read.
    """
    return executors_api.get_positions_summary(
        controller_id=controller_id,
    )


def get_held_position(
    *,
    connector_name: str,
    trading_pair: str,
    account_name: str,
    controller_id: str,
) -> Request[PositionHoldResponse]:
    """One held position with its break-even prices and executor ids.

    GET /executors/positions/{connector_name}/{trading_pair}, risk: read.
    """
    return executors_api.get_position_held(
        connector_name=connector_name,
        trading_pair=trading_pair,
        account_name=account_name,
        controller_id=controller_id,
    )


def clear_held_position(
    *,
    connector_name: str,
    trading_pair: str,
    account_name: str,
    controller_id: str,
) -> Request[Any]:
    """Delete the record of a held position; nothing is traded.

    DELETE /executors/positions/{connector_name}/{trading_pair}, risk: destructive.
    """
    return executors_api.clear_position_held(
        connector_name=connector_name,
        trading_pair=trading_pair,
        account_name=account_name,
        controller_id=controller_id,
    )
