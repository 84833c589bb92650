"""What create_executor asks again before it starts: a size that looks like a slip."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.paper.scripted_faults import failing
from tests.paper.spot_account import STATE
from tests.workflows.answers import head
from tests.workflows.executors.executor_account import DCA, GRID, POSITION, desk

pytestmark = pytest.mark.anyio

SPOT_ORDER = {
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "execution_strategy": "MARKET",
}
CLOSE = {
    **SPOT_ORDER,
    "connector_name": "binance_perpetual",
    "side": "SELL",
    "position_action": "CLOSE",
    "leverage": 20,
}


def ask(kind: str, config: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"account_name": "master_account", "executor_type": kind, "config": config, **more}


@pytest.mark.parametrize(
    ("kind", "config", "units"),
    [
        ("position_executor", {**POSITION, "amount": 2}, True),
        ("grid_executor", {**GRID, "total_amount_quote": 60_000}, False),
        ("dca_executor", {**DCA, "amounts_quote": [30_000, 30_000]}, False),
        ("order_executor", {**SPOT_ORDER, "amount": 8}, True),
    ],
)
async def test_beyond_a_share_of_the_account_the_figure_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, config: dict[str, Any], units: bool
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.api.paper.engine.deposit("master_account", "binance", "USDT", Decimal(10**6))
        for more in ({}, {"preview": True}):
            text = await at.call.bad("create_executor", **ask(kind, config, **more))
            assert text.startswith(f"This {kind}, BUY ")
            assert f"% of the account's equity on {config['connector_name']}, " in text
            assert "that may be a slip. Nothing was sent." in text
            assert ("amount is in BTC, not in USDT." in text) == units
            assert "ask the user, and repeat it with max_value, the most that it may be worth in USDT." in text
            assert "max_value=" not in text
        less = await at.call.bad("create_executor", **ask(kind, config, max_value=1000))
        assert "more than max_value, 1000. Nothing was sent." in less
        assert at.executors.shelf.all() == []
        await at.call.good("create_executor", **ask(kind, config, max_value=10**6))


async def test_a_preview_says_how_much_of_the_account_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.trade("BUY", "0.1")
        found = head(await at.call.good("create_executor", **ask("position_executor", POSITION, preview=True)))
        equity = Decimal(50_000)
        assert found["notional_of_exchange_equity_percent"] == pytest.approx(
            100 * found["total_quote"] / equity, abs=Decimal("0.1")
        )
        both = found["total_quote"] + Decimal("0.1") * found["price_now"]
        assert found["with_open_positions_percent"] == pytest.approx(100 * both / equity, abs=Decimal("0.2"))


async def test_what_is_to_close_a_position_is_never_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.api.paper.engine.set_leverage("master_account", "binance_perpetual", "BTC-USDT", 20)
        at.trade("BUY", "2")
        await at.call.good("create_executor", **ask("order_executor", {**CLOSE, "amount": 2}))
        assert at.open_position() == 0


async def test_what_was_priced_is_not_asked_where_the_account_cant_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[failing(STATE)]) as at:
        text = await at.call.good("create_executor", **ask("position_executor", POSITION, preview=True))
        assert "The balance couldn't be read" in text
        assert "equity_percent" not in text
