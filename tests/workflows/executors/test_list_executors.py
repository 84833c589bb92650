"""Executors in rows: with the names and units of get_executor, newest first, and nothing that isn't true of none."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.workflows.executors.list_executors import list_executors
from tests.installation.scripted_installation import Script
from tests.workflows.answers import head
from tests.workflows.executors.executor_account import LIMIT, PERPETUAL, POSITION, desk

pytestmark = pytest.mark.anyio


async def test_running_and_ended_ones_stand_in_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 60600}) as at:
        closed = await at.create("position_executor", **{**POSITION, "side": "SELL"})
        at.after(900)
        await at.call.good("stop_executor", executor_id=closed, position="close")
        kept = await at.create("position_executor", **POSITION, controller_id="mine")
        await at.call.good("stop_executor", executor_id=kept, position="keep")
        running = await at.create("order_executor", **LIMIT)
        text = await at.call.good("list_executors")
        lines = text.splitlines()
        assert lines[:2] == [
            "# 3 rows, in every row: account_name=master_account connector_name=binance_perpetual trading_pair="
            "BTC-USDT",
            "executor_id executor_type side status close_type net_pnl_quote net_pnl_percent fees_quote filled_quote "
            "created_at(UTC) closed_at(UTC) controller_id",
        ]
        assert [line.split()[0] for line in lines[2:5]] == [running, kept, closed]
        ended = at.executors.get(closed)
        pnl = Decimal((ended.ended or {})["net_pnl_quote"])
        opened, back = ended.legs
        cells = dict(zip(lines[1].split(), lines[4].split(), strict=False))
        assert (cells["side"], cells["close_type"]) == ("SELL", "EARLY_STOP")
        assert Decimal(cells["net_pnl_quote"]) == pnl
        assert Decimal(cells["net_pnl_percent"]) == round(100 * pnl / opened.quote, 2)
        assert Decimal(cells["filled_quote"]) == opened.quote + back.quote
        assert f" {at.executors.get(kept).legs[0].quote.normalize():f} " in lines[3]  # which its record leaves out
        assert lines[3].endswith(" mine")
        assert "Money is in USDT, net P&L after fees. POSITION_HOLD: the position was left open" in text
        one = head(await at.call.good("get_executor", executor_id=closed))
        assert one["net_pnl_quote"] == pnl
        assert one["leverage"] == 10
        assert (one["created_at"][-1], one["closed_at"][-1]) == ("Z", "Z")
        assert "Net P&L is after fees, in USDT." in await at.call.good("get_executor", executor_id=closed)


async def test_filters_narrow_and_a_cut_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        assert await at.call.good("list_executors") == "There is no executor, running or ended."
        first = await at.create("order_executor", **LIMIT)
        at.after(5)
        second = await at.create("order_executor", **{**PERPETUAL, "amount": "0.01", "execution_strategy": "MARKET"})
        at.after(5)
        running = await at.call.good("list_executors", status="RUNNING", executor_type="order_executor")
        assert first in running
        assert second not in running
        newest = await at.call.good("list_executors", limit=1)
        assert second in newest
        assert first not in newest
        assert "There are older ones: the newest 1 are shown, back to 2026-11-22T16:00:05Z." in newest
        assert "back to 2026-11-22T16:00:00Z, the oldest recorded that matches." in running
        assert "back to 2026-11-22T16:00:00Z, the oldest recorded." in await at.call.good("list_executors")
        none = await at.call.good("list_executors", account_name="second_account", status="TERMINATED")
        assert none == "No executor has account_name second_account, status TERMINATED."


async def test_a_row_is_small() -> None:
    """Of a record only what is told: no configuration, nothing of fifteen digits."""
    row: dict[str, Any] = {
        "executor_id": "5cKq",
        "executor_type": "arbitrage_executor",
        "account_name": "master_account",
        "connector_name": None,
        "trading_pair": None,
        "status": "RUNNING",
        "created_at": "2026-11-22T08:43:47.110716+00:00",
        "net_pnl_pct": Decimal("0.00455945478487051"),
        "net_pnl_quote": 0,
        "cum_fees_quote": Decimal(0),
        "config": {"order_amount": "1"},
        "custom_info": {},
    }
    script = Script({"search_executors": {"data": [row], "pagination": {"has_more": False}}})
    answer = await list_executors(script.installation)
    assert answer.value == [
        {
            "executor_id": "5cKq",
            "executor_type": "arbitrage_executor",
            "account_name": "master_account",
            "status": "RUNNING",
            "created_at": "2026-11-22T08:43:47Z",
            "net_pnl_quote": 0,
            "net_pnl_percent": Decimal("0.46"),
            "fees_quote": 0,
        }
    ]
    assert answer.notes[0] == "Money is in the quote currency of each pair, net P&L after fees."
