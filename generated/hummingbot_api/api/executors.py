from typing import Any

from hummingbot_api import decode, encode
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


def clear_position_held(
    connector_name: str, trading_pair: str, *, account_name: str | None = None, controller_id: str | None = None
) -> Request[Any]:
    """Delete the record of a held position; nothing is traded.

    DELETE /executors/positions/{connector_name}/{trading_pair}
    """
    return Request(
        "DELETE",
        encode.path("/executors/positions/{}/{}", connector_name, trading_pair),
        query=encode.form({"account_name": account_name, "controller_id": controller_id}),
        parse=decode.anything,
    )


def create_executor(body: CreateExecutorRequest) -> Request[CreateExecutorResponse]:
    """Start an executor, which then trades by itself until its goal, a barrier or stop_executor ends it.
    create_executor checks it first. Set leverage on perpetuals yourself (a grid's default is 20).

    POST /executors/
    """
    return Request("POST", "/executors/", json=body.to_dict(), parse=CreateExecutorResponse.from_dict)


def get_available_executor_types() -> Request[Any]:
    """Kinds of executor and what each is for.

    GET /executors/types/available
    """
    return Request("GET", "/executors/types/available", parse=decode.anything)


def get_executor(executor_id: str) -> Request[ExecutorDetailResponse]:
    """One executor's state, P&L, configuration and orders.

    GET /executors/{executor_id}
    """
    return Request("GET", encode.path("/executors/{}", executor_id), parse=ExecutorDetailResponse.from_dict)


def get_executor_config_schema(executor_type: str) -> Request[Any]:
    """Fields of an executor type as the API lists them; get_executor_fields explains them.

    GET /executors/types/{executor_type}/config
    """
    return Request("GET", encode.path("/executors/types/{}/config", executor_type), parse=decode.anything)


def get_executor_logs(
    executor_id: str, *, level: str | None = None, limit: int | None = None
) -> Request[ExecutorLogsResponse]:
    """Log lines of a running executor; ended ones keep none.

    GET /executors/{executor_id}/logs
    """
    return Request(
        "GET",
        encode.path("/executors/{}/logs", executor_id),
        query=encode.form({"level": level, "limit": limit}),
        parse=ExecutorLogsResponse.from_dict,
    )


def get_executors_summary() -> Request[ExecutorsSummaryResponse]:
    """Counts, P&L and volume of running executors.

    GET /executors/summary
    """
    return Request("GET", "/executors/summary", parse=ExecutorsSummaryResponse.from_dict)


def get_performance_report(*, controller_id: str | None = None) -> Request[PerformanceReportResponse]:
    """P&L, fees, volume and win rate of all executors, ended ones too.

    GET /executors/performance
    """
    return Request(
        "GET",
        "/executors/performance",
        query=encode.form({"controller_id": controller_id}),
        parse=PerformanceReportResponse.from_dict,
    )


def get_position_held(
    connector_name: str, trading_pair: str, *, account_name: str | None = None, controller_id: str | None = None
) -> Request[PositionHoldResponse]:
    """One held position with its break-even prices and executor ids.

    GET /executors/positions/{connector_name}/{trading_pair}
    """
    return Request(
        "GET",
        encode.path("/executors/positions/{}/{}", connector_name, trading_pair),
        query=encode.form({"account_name": account_name, "controller_id": controller_id}),
        parse=PositionHoldResponse.from_dict,
    )


def get_positions_summary(*, controller_id: str | None = None) -> Request[PositionsSummaryResponse]:
    """Positions that stopped executors left open, as recorded; the exchange's own: get_positions.

    GET /executors/positions/summary
    """
    return Request(
        "GET",
        "/executors/positions/summary",
        query=encode.form({"controller_id": controller_id}),
        parse=PositionsSummaryResponse.from_dict,
    )


def list_executors(body: ExecutorFilterRequest) -> Request[PaginatedResponse]:
    """Executors as the API records them, with their configurations; list_executors shows them.

    POST /executors/search
    """
    return Request("POST", "/executors/search", json=body.to_dict(), parse=PaginatedResponse.from_dict)


def stop_executor(executor_id: str, body: StopExecutorRequest) -> Request[StopExecutorResponse]:
    """Stop an executor: its orders are cancelled and, unless keep_position is true, its position is closed
    at market.

    POST /executors/{executor_id}/stop
    """
    return Request(
        "POST",
        encode.path("/executors/{}/stop", executor_id),
        json=body.to_dict(),
        parse=StopExecutorResponse.from_dict,
    )
