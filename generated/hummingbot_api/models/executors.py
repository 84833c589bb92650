from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from attrs import define

from hummingbot_api import decode, encode


@define(kw_only=True)
class CreateExecutorRequest:
    #: E.g. {"type":"position_executor","connector_name":"binance_perpetual","trading_pair":"BTC-USDT","
    #: side":1,"amount":"0.01","leverage":5,"triple_barrier_config":{"stop_loss":"0.03","take_profit":"0
    #: .02","open_order_type":1}}; side 1 buys, 2 sells, 0.03 is 3%
    executor_config: dict[str, Any]
    account_name: str | None = None
    #: Group label
    controller_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "executor_config": self.executor_config,
                "account_name": self.account_name,
                "controller_id": self.controller_id,
            }
        )


@define(kw_only=True)
class CreateExecutorResponse:
    executor_id: str
    executor_type: str
    connector_name: str
    trading_pair: str
    status: str
    created_at: str
    controller_id: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> CreateExecutorResponse:
        fields = decode.Fields(data)
        return cls(
            executor_id=fields.required("executor_id", decode.text),
            executor_type=fields.required("executor_type", decode.text),
            connector_name=fields.required("connector_name", decode.text),
            trading_pair=fields.required("trading_pair", decode.text),
            status=fields.required("status", decode.text),
            created_at=fields.required("created_at", decode.text),
            controller_id=fields.optional("controller_id", decode.text),
        )


@define(kw_only=True)
class ExecutorDetailResponse:
    executor_id: str
    executor_type: str | None
    account_name: str | None
    connector_name: str | None
    trading_pair: str | None
    status: str
    is_active: bool
    is_trading: bool
    net_pnl_quote: Decimal
    net_pnl_pct: Decimal
    cum_fees_quote: Decimal
    filled_amount_quote: Decimal
    side: str | None = None
    timestamp: Decimal | None = None
    created_at: str | None = None
    close_type: str | None = None
    close_timestamp: Decimal | None = None
    controller_id: str | None = None
    error_count: int | None = None
    last_error: str | None = None
    config: dict[str, Any] | None = None
    custom_info: dict[str, Any] | None = None

    @classmethod
    def from_dict(cls, data: Any) -> ExecutorDetailResponse:
        fields = decode.Fields(data)
        return cls(
            executor_id=fields.required("executor_id", decode.text),
            executor_type=fields.required("executor_type", decode.optional(decode.text)),
            account_name=fields.required("account_name", decode.optional(decode.text)),
            connector_name=fields.required("connector_name", decode.optional(decode.text)),
            trading_pair=fields.required("trading_pair", decode.optional(decode.text)),
            status=fields.required("status", decode.text),
            is_active=fields.required("is_active", decode.boolean),
            is_trading=fields.required("is_trading", decode.boolean),
            net_pnl_quote=fields.required("net_pnl_quote", decode.decimal),
            net_pnl_pct=fields.required("net_pnl_pct", decode.decimal),
            cum_fees_quote=fields.required("cum_fees_quote", decode.decimal),
            filled_amount_quote=fields.required("filled_amount_quote", decode.decimal),
            side=fields.optional("side", decode.text),
            timestamp=fields.optional("timestamp", decode.decimal),
            created_at=fields.optional("created_at", decode.text),
            close_type=fields.optional("close_type", decode.text),
            close_timestamp=fields.optional("close_timestamp", decode.decimal),
            controller_id=fields.optional("controller_id", decode.text),
            error_count=fields.optional("error_count", decode.integer),
            last_error=fields.optional("last_error", decode.text),
            config=fields.optional("config", decode.mapping(decode.anything)),
            custom_info=fields.optional("custom_info", decode.mapping(decode.anything)),
        )


@define(kw_only=True)
class ExecutorFilterRequest:
    limit: int | None = None
    cursor: str | None = None
    account_names: list[str] | None = None
    connector_names: list[str] | None = None
    trading_pairs: list[str] | None = None
    executor_types: (
        list[
            Literal[
                "position_executor",
                "grid_executor",
                "dca_executor",
                "arbitrage_executor",
                "twap_executor",
                "xemm_executor",
                "order_executor",
                "lp_executor",
            ]
        ]
        | None
    ) = None
    status: str | None = None
    controller_ids: list[str] | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present(
            {
                "limit": self.limit,
                "cursor": self.cursor,
                "account_names": self.account_names,
                "connector_names": self.connector_names,
                "trading_pairs": self.trading_pairs,
                "executor_types": self.executor_types,
                "status": self.status,
                "controller_ids": self.controller_ids,
            }
        )


@define(kw_only=True)
class ExecutorLogEntry:
    timestamp: str
    level: str
    message: str
    exc_info: str | None = None

    @classmethod
    def from_dict(cls, data: Any) -> ExecutorLogEntry:
        fields = decode.Fields(data)
        return cls(
            timestamp=fields.required("timestamp", decode.text),
            level=fields.required("level", decode.text),
            message=fields.required("message", decode.text),
            exc_info=fields.optional("exc_info", decode.text),
        )


@define(kw_only=True)
class ExecutorLogsResponse:
    executor_id: str
    logs: list[ExecutorLogEntry]
    total_count: int

    @classmethod
    def from_dict(cls, data: Any) -> ExecutorLogsResponse:
        fields = decode.Fields(data)
        return cls(
            executor_id=fields.required("executor_id", decode.text),
            logs=fields.required("logs", decode.array(ExecutorLogEntry.from_dict)),
            total_count=fields.required("total_count", decode.integer),
        )


@define(kw_only=True)
class ExecutorTypeBreakdown:
    executor_type: str
    total: int
    completed: int
    running: int
    pnl_quote: Decimal
    volume_quote: Decimal
    fees_quote: Decimal

    @classmethod
    def from_dict(cls, data: Any) -> ExecutorTypeBreakdown:
        fields = decode.Fields(data)
        return cls(
            executor_type=fields.required("executor_type", decode.text),
            total=fields.required("total", decode.integer),
            completed=fields.required("completed", decode.integer),
            running=fields.required("running", decode.integer),
            pnl_quote=fields.required("pnl_quote", decode.decimal),
            volume_quote=fields.required("volume_quote", decode.decimal),
            fees_quote=fields.required("fees_quote", decode.decimal),
        )


@define(kw_only=True)
class ExecutorsSummaryResponse:
    total_active: int
    total_pnl_quote: Decimal
    total_volume_quote: Decimal
    by_type: dict[str, int]
    by_connector: dict[str, int]
    by_status: dict[str, int]

    @classmethod
    def from_dict(cls, data: Any) -> ExecutorsSummaryResponse:
        fields = decode.Fields(data)
        return cls(
            total_active=fields.required("total_active", decode.integer),
            total_pnl_quote=fields.required("total_pnl_quote", decode.decimal),
            total_volume_quote=fields.required("total_volume_quote", decode.decimal),
            by_type=fields.required("by_type", decode.mapping(decode.integer)),
            by_connector=fields.required("by_connector", decode.mapping(decode.integer)),
            by_status=fields.required("by_status", decode.mapping(decode.integer)),
        )


@define(kw_only=True)
class PerformanceReportResponse:
    total_executors: int
    by_status: dict[str, int]
    pnl_total_quote: Decimal
    unrealized_pnl_quote: Decimal
    global_pnl_quote: Decimal
    pnl_pct_avg: Decimal
    fees_total_quote: Decimal
    volume_total_quote: Decimal
    win_rate: Decimal
    by_type: list[ExecutorTypeBreakdown]
    active_positions: int
    controller_id: str | None = None
    sharpe_ratio: Decimal | None = None

    @classmethod
    def from_dict(cls, data: Any) -> PerformanceReportResponse:
        fields = decode.Fields(data)
        return cls(
            total_executors=fields.required("total_executors", decode.integer),
            by_status=fields.required("by_status", decode.mapping(decode.integer)),
            pnl_total_quote=fields.required("pnl_total_quote", decode.decimal),
            unrealized_pnl_quote=fields.required("unrealized_pnl_quote", decode.decimal),
            global_pnl_quote=fields.required("global_pnl_quote", decode.decimal),
            pnl_pct_avg=fields.required("pnl_pct_avg", decode.decimal),
            fees_total_quote=fields.required("fees_total_quote", decode.decimal),
            volume_total_quote=fields.required("volume_total_quote", decode.decimal),
            win_rate=fields.required("win_rate", decode.decimal),
            by_type=fields.required("by_type", decode.array(ExecutorTypeBreakdown.from_dict)),
            active_positions=fields.required("active_positions", decode.integer),
            controller_id=fields.optional("controller_id", decode.text),
            sharpe_ratio=fields.optional("sharpe_ratio", decode.decimal),
        )


@define(kw_only=True)
class PositionHoldResponse:
    trading_pair: str
    connector_name: str
    account_name: str
    buy_amount_base: Decimal
    buy_amount_quote: Decimal
    sell_amount_base: Decimal
    sell_amount_quote: Decimal
    net_amount_base: Decimal
    buy_breakeven_price: Decimal | None
    sell_breakeven_price: Decimal | None
    matched_amount_base: Decimal
    unmatched_amount_base: Decimal
    position_side: str | None
    realized_pnl_quote: Decimal
    executor_count: int
    executor_ids: list[str]
    last_updated: str | None
    controller_id: str | None = None
    cum_fees_quote: Decimal | None = None
    unrealized_pnl_quote: Decimal | None = None

    @classmethod
    def from_dict(cls, data: Any) -> PositionHoldResponse:
        fields = decode.Fields(data)
        return cls(
            trading_pair=fields.required("trading_pair", decode.text),
            connector_name=fields.required("connector_name", decode.text),
            account_name=fields.required("account_name", decode.text),
            buy_amount_base=fields.required("buy_amount_base", decode.decimal),
            buy_amount_quote=fields.required("buy_amount_quote", decode.decimal),
            sell_amount_base=fields.required("sell_amount_base", decode.decimal),
            sell_amount_quote=fields.required("sell_amount_quote", decode.decimal),
            net_amount_base=fields.required("net_amount_base", decode.decimal),
            buy_breakeven_price=fields.required("buy_breakeven_price", decode.optional(decode.decimal)),
            sell_breakeven_price=fields.required("sell_breakeven_price", decode.optional(decode.decimal)),
            matched_amount_base=fields.required("matched_amount_base", decode.decimal),
            unmatched_amount_base=fields.required("unmatched_amount_base", decode.decimal),
            position_side=fields.required("position_side", decode.optional(decode.text)),
            realized_pnl_quote=fields.required("realized_pnl_quote", decode.decimal),
            executor_count=fields.required("executor_count", decode.integer),
            executor_ids=fields.required("executor_ids", decode.array(decode.text)),
            last_updated=fields.required("last_updated", decode.optional(decode.text)),
            controller_id=fields.optional("controller_id", decode.text),
            cum_fees_quote=fields.optional("cum_fees_quote", decode.decimal),
            unrealized_pnl_quote=fields.optional("unrealized_pnl_quote", decode.decimal),
        )


@define(kw_only=True)
class PositionsSummaryResponse:
    total_positions: int
    total_realized_pnl: Decimal
    positions: list[PositionHoldResponse]
    total_unrealized_pnl: Decimal | None = None

    @classmethod
    def from_dict(cls, data: Any) -> PositionsSummaryResponse:
        fields = decode.Fields(data)
        return cls(
            total_positions=fields.required("total_positions", decode.integer),
            total_realized_pnl=fields.required("total_realized_pnl", decode.decimal),
            positions=fields.required("positions", decode.array(PositionHoldResponse.from_dict)),
            total_unrealized_pnl=fields.optional("total_unrealized_pnl", decode.decimal),
        )


@define(kw_only=True)
class StopExecutorRequest:
    keep_position: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return encode.present({"keep_position": self.keep_position})


@define(kw_only=True)
class StopExecutorResponse:
    executor_id: str
    status: str
    keep_position: bool

    @classmethod
    def from_dict(cls, data: Any) -> StopExecutorResponse:
        fields = decode.Fields(data)
        return cls(
            executor_id=fields.required("executor_id", decode.text),
            status=fields.required("status", decode.text),
            keep_position=fields.required("keep_position", decode.boolean),
        )
