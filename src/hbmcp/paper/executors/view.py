"""Executors as the API shows them. A running one and an ended one differ in what they show, and how."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from statistics import fmean, stdev
from typing import Any

from hbmcp.paper.executors.base import Executor
from hbmcp.paper.executors.config import plain
from hbmcp.paper.executors.record import Record
from hbmcp.paper.executors.trader import Trader
from hbmcp.paper.market.clock import iso

Row = dict[str, Any]


def running(executor: Executor[Any], trader: Trader) -> Row:
    """With its whole configuration, enums by name and decimals as numbers."""
    record = executor.record
    figures = executor.figures(trader)
    config = plain(executor.config) | {"id": record.id}
    if config.get("entry_price", "") is None:
        config["entry_price"] = executor.needs(trader)[1]
    return {
        "id": record.id,
        "timestamp": record.created / 1000,
        "type": record.kind,
        "status": record.status,
        "config": config,
        "net_pnl_pct": figures.share,
        "net_pnl_quote": figures.profit,
        "cum_fees_quote": figures.fees,
        "filled_amount_quote": figures.filled,
        "is_active": True,
        "is_trading": executor.trading,
        "custom_info": executor.custom_info(trader),
        "close_timestamp": None,
        "close_type": None,
        "controller_id": record.controller,
        "executor_id": record.id,
        "executor_type": record.kind,
        "account_name": record.account,
        "created_at": iso(record.created),
        "connector_name": record.exchange,
        "trading_pair": record.pair,
        "side": executor.side,
        "error_count": record.errors,
        "last_error": record.last_error,
    }


def ended(record: Record) -> Row:
    """With the configuration as it was given, and without its side."""
    last = record.ended or {}
    closed = record.closed or record.created
    return {
        "executor_id": record.id,
        "executor_type": record.kind,
        "account_name": record.account,
        "connector_name": record.exchange,
        "trading_pair": record.pair,
        "side": None,
        "status": record.status,
        "close_type": record.close_type,
        "is_active": False,
        "is_trading": False,
        "timestamp": None,
        "created_at": iso(record.created),
        "close_timestamp": closed / 1000,
        "closed_at": iso(closed),
        "controller_id": record.controller,
        "net_pnl_quote": Decimal(last["net_pnl_quote"]),
        "net_pnl_pct": Decimal(last["net_pnl_pct"]),
        "cum_fees_quote": Decimal(last["cum_fees_quote"]),
        "filled_amount_quote": Decimal(last["filled_amount_quote"]),
        "config": {**record.raw, "timestamp": record.created / 1000},
        "custom_info": last["custom_info"],
        "error_count": record.errors,
        "last_error": record.last_error,
    }


_NOT_IN_DETAIL = ("id", "type", "closed_at")


def detail(row: Row) -> Row:
    """The same keys for both."""
    return {name: value for name, value in row.items() if name not in _NOT_IN_DETAIL}


def summary(active: Iterable[Row]) -> Row:
    """Of those that aren't ended."""
    rows = list(active)
    return {
        "total_active": len(rows),
        "total_pnl_quote": _sum(rows, "net_pnl_quote"),
        "total_volume_quote": _sum(rows, "filled_amount_quote"),
        "by_type": Counter(row["executor_type"] for row in rows),
        "by_connector": Counter(row["connector_name"] for row in rows),
        "by_status": Counter(row["status"] for row in rows),
    }


def performance(controller: str | None, rows: list[Row], held: list[Row]) -> Row:
    """Ended ones by what they made, running ones and positions that are held, after their fees, as unrealized.

    An ended one that left its position open counts in `total_executors` and `by_status` alone: its position is among
    those held. `win_rate` is a share of the others.
    """
    over = [row for row in rows if not row["is_active"] and row["close_type"] != "POSITION_HOLD"]
    unrealized = _sum([row for row in rows if row["is_active"]], "net_pnl_quote")
    unrealized += _sum(held, "unrealized_pnl_quote") - _sum(held, "cum_fees_quote")
    made = _sum(over, "net_pnl_quote")
    shares = [float(row["net_pnl_pct"]) for row in over]
    gains = [float(row["net_pnl_quote"]) for row in over]
    spread = stdev(gains) if len(gains) > 1 else 0.0
    return {
        "controller_id": controller,
        "total_executors": len(rows),
        "by_status": Counter(row["status"] for row in rows),
        "pnl_total_quote": made,
        "unrealized_pnl_quote": unrealized,
        "global_pnl_quote": made + unrealized,
        "pnl_pct_avg": fmean(shares) if shares else 0.0,
        "fees_total_quote": _sum(over, "cum_fees_quote"),
        "volume_total_quote": _sum(over, "filled_amount_quote"),
        "win_rate": sum(row["net_pnl_quote"] > 0 for row in over) / len(over) if over else 0.0,
        "sharpe_ratio": round(fmean(gains) / spread, 4) if spread else None,
        "by_type": [_of_type(kind, over) for kind in sorted({row["executor_type"] for row in over})],
        "active_positions": len(held),
    }


def _of_type(kind: str, over: list[Row]) -> Row:
    rows = [row for row in over if row["executor_type"] == kind]
    return {
        "executor_type": kind,
        "total": len(rows),
        "completed": len(rows),
        "running": 0,
        "pnl_quote": _sum(rows, "net_pnl_quote"),
        "volume_quote": _sum(rows, "filled_amount_quote"),
        "fees_quote": _sum(rows, "cum_fees_quote"),
    }


def _sum(rows: list[Row], name: str) -> Decimal:
    return sum((Decimal(row[name]) for row in rows), Decimal(0))
