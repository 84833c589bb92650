"""Executors in the shapes that the API gives them: running, shutting down, ended, from one or from the search."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.errors import Failed
from hbmcp.installation.executors.run.orders import Traded
from hbmcp.installation.executors.run.record import ENDINGS, Executor
from hbmcp.installation.executors.run.view import barriers, grid, state
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.installation import Installation
from hbmcp.workflows.executors.get_executor import get_executor
from tests.installation.scripted_installation import Script

RUNNING: dict[str, Any] = {
    "id": "5cKq",
    "timestamp": Decimal("1795337027.0698893"),
    "type": "position_executor",
    "status": "RUNNING",
    "config": {
        "type": "position_executor",
        "side": "SELL",
        "amount": Decimal("0.02"),
        "leverage": 10,
        "triple_barrier_config": {
            "stop_loss": Decimal("0.03"),
            "take_profit": None,
            "time_limit": 3600,
            "open_order_type": "MARKET",
        },
    },
    "custom_info": {"side": "SELL", "order_ids": ["x-1"], "held_position_orders": []},
    "net_pnl_pct": Decimal("0.00455945478487051"),
    "net_pnl_quote": Decimal("9.5428112"),
    "cum_fees_quote": Decimal("0.8371888"),
    "filled_amount_quote": Decimal("2092.972"),
    "account_name": "master_account",
    "connector_name": "binance_perpetual",
    "trading_pair": "BTC-USDT",
    "created_at": "2026-11-22T08:43:47.110716+00:00",
    "close_type": None,
    "close_timestamp": None,
    "controller_id": "trial",
    "error_count": 0,
    "last_error": None,
}
ENDED: dict[str, Any] = {
    "executor_id": "gUKD",
    "executor_type": "order_executor",
    "account_name": "master_account",
    "connector_name": "binance_perpetual",
    "trading_pair": "BTC-USDT",
    "side": None,
    "status": "TERMINATED",
    "created_at": "2026-11-22T08:44:02.027346+00:00",
    "close_type": "POSITION_HOLD",
    "close_timestamp": Decimal("1795337042.783647"),
    "controller_id": "main",
    "net_pnl_quote": Decimal(0),
    "net_pnl_pct": Decimal(0),
    "cum_fees_quote": Decimal("0.4206872"),
    "filled_amount_quote": Decimal("1051.718"),
    "last_error": None,
    "config": {"type": "order_executor", "side": 2, "amount": "0.01", "execution_strategy": "MARKET"},
    "custom_info": {
        "order_id": None,
        "held_position_orders": [
            {
                "client_order_id": "x-2",
                "trade_type": "SELL",
                "executed_amount_base": "0.010",
                "executed_amount_quote": "1051.718",
            }
        ],
    },
}


def test_running_and_ended_ones_are_told_alike() -> None:
    running, ended = Executor.from_row(RUNNING), Executor.from_row(ENDED)
    assert (running.id, running.kind, running.side, running.order_ids) == (
        "5cKq",
        "position_executor",
        "SELL",
        frozenset(["x-1"]),
    )
    assert (ended.id, ended.kind, ended.side, ended.order_ids) == ("gUKD", "order_executor", "SELL", frozenset(["x-2"]))
    assert (running.ended, running.ending, ended.ended, ended.failed) == (False, None, True, False)
    assert state(running)["net_pnl_percent"] == Decimal("0.46")
    assert state(running)["controller_id"] == "trial"
    assert state(running)["created_at"] == "2026-11-22T08:43:47Z"
    assert state(ended)["closed_at"] == "2026-11-22T08:44:02Z"
    assert (state(running)["leverage"], ended.leverage) == (10, None)
    assert (running.position_left, ended.position_left) == (None, Decimal("-0.010"))
    assert "controller_id" not in state(ended)
    assert state(ended)["how_it_ended"] == "ended, and its position was left open"


@pytest.mark.parametrize("close_type", ["INSUFFICIENT_BALANCE", "FAILED", "EXPIRED"])
def test_what_didnt_do_what_it_was_made_for_has_failed(close_type: str) -> None:
    found = Executor.from_row({**ENDED, "close_type": close_type})
    assert found.failed
    assert found.ending == ENDINGS[close_type]
    assert not Executor.from_row({**RUNNING, "close_type": close_type}).failed


def test_a_close_type_nobody_knows_is_told_as_it_is() -> None:
    assert Executor.from_row({**ENDED, "close_type": "NEW_REASON"}).ending == "NEW_REASON"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("hummingbot.strategy_v2.executors.grid_executor.grid_executor - Not enough budget.", "Not enough budget."),
        ("Rejected - too small", "Rejected - too small"),
        ("", None),
        (None, None),
    ],
)
def test_an_error_is_told_without_the_module_that_logged_it(raw: str | None, shown: str | None) -> None:
    assert Executor.from_row({**RUNNING, "last_error": raw}).error == shown


def test_barriers_of_a_short_lie_the_other_way_in_either_shape() -> None:
    """Numbers as strings, as an ended one has them, are the same."""
    texts = {"stop_loss": "0.03", "take_profit": "0.02", "time_limit": 60}
    for config in ({"triple_barrier_config": texts}, texts):
        found = barriers(Executor.from_row({**RUNNING, "config": config}), Decimal(100))
        assert (found["stop_loss_price"], found["take_profit_price"]) == (103, 98)
        assert found["closes_at"] == "2026-11-22T08:44:47Z"
    assert "take_profit_price" not in barriers(Executor.from_row(RUNNING), Decimal(100))


def test_a_grid_tells_its_levels() -> None:
    info = {"grid_level_prices": [Decimal(1), Decimal(3), Decimal(2)], "open_liquidity_placed": Decimal("2825.4555")}
    found = grid(Executor.from_row({**RUNNING, "type": "grid_executor", "custom_info": info}))
    assert (found["level_count"], found["lowest_level"], found["highest_level"]) == (3, 1, 3)
    assert found["resting_to_open_quote"] == Decimal("2825.4555")
    assert "position_quote" not in found


def test_traded_is_an_average_weighed_by_amount() -> None:
    def fill(side: str, amount: str, price: str) -> Fill:
        return Fill("x", "a", "c", "BTC-USDT", side, Decimal(amount), Decimal(price), Decimal(0), "USDT", 0)

    fills = [fill("BUY", "1", "100"), fill("BUY", "3", "200"), fill("SELL", "5", "1")]
    assert Traded.of(fills, "BUY") == Traded(Decimal(4), Decimal(175))
    assert Traded.of([], "BUY") == Traded(Decimal(0), None)


@pytest.mark.anyio
async def test_orders_that_cant_be_read_leave_the_state() -> None:
    script = Script({"get_executor_record": RUNNING, "search_orders": Failed("The exchange is away.")})
    installation: Installation = script.installation
    answer = await get_executor(installation, executor_id="5cKq")
    assert isinstance(answer.value, dict)
    assert answer.value["executor_id"] == "5cKq"
    assert "Its orders couldn't be read: The exchange is away." in answer.notes
