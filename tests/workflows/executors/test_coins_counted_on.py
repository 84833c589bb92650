"""A sale on spot names the running executors that count on the coins, before it and after."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.paper.api.faults import Crash
from tests.workflows.executors.executor_account import GRID, POSITION, desk

pytestmark = pytest.mark.anyio

SPOT: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
SALE = {**SPOT, "account_name": "master_account", "side": "SELL", "order_type": "MARKET", "max_value": 10**6}
HOLDER = {**POSITION, **SPOT, "leverage": None, "amount": "0.1"}
SELLER = {**SPOT, "side": "SELL", "total_amount_quote": 30000, "total_duration": 240, "order_interval": 60}


@pytest.mark.parametrize(
    ("kind", "config", "enough", "about"),
    [
        ("position_executor", HOLDER, "0.9", "0.1"),  # 1.0999 are there
        ("twap_executor", SELLER, "0.5", "0.4"),  # 0.9 are there
    ],
)
async def test_it_is_named_where_too_few_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, config: dict[str, Any], enough: str, about: str
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create(kind, **config)
        assert "counts on" not in await at.call.good("place_order", **SALE, amount=enough, preview=True)
        counts = f"{kind} {made} counts on about {about}"
        assert counts in await at.call.good("place_order", **SALE, share=100, preview=True)
        row = {name: SALE[name] for name in ("account_name", *SPOT, "side", "order_type")}
        assert counts in await at.call.good("place_orders", orders=[{**row, "share": 100}], max_value=10**6)


async def test_an_executor_that_would_sell_them_is_told_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("position_executor", **HOLDER)
        config = {**HOLDER, "side": "SELL", "amount": "1.05"}
        sale = {"account_name": "master_account", "executor_type": "position_executor", "config": config}
        text = await at.call.good("create_executor", **sale, max_value=10**6, preview=True)
        assert f"position_executor {made} counts on about 0.1 BTC there, and this leaves 0.0499" in text


async def test_what_its_own_orders_hold_isnt_sold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 60: 58000}) as at:
        await at.create("grid_executor", **{**GRID, **SPOT, "leverage": None, "end_price": "60000"})
        at.after(70)
        assert "counts on" not in await at.call.good("place_order", **SALE, share=100, preview=True)


async def test_what_keeps_its_coins_doesnt_count_on_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        await at.create("twap_executor", **{**SELLER, "side": "BUY", "total_amount_quote": 6000})
        assert "counts on" not in await at.call.good("place_order", **SALE, share=100, preview=True)


async def test_executors_that_cant_be_read_hold_nothing_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[Crash("POST /executors/search")]) as at:
        text = await at.call.good("place_order", **SALE, amount="0.1")
        assert "Filled." in text
        assert "Whether executors count on these coins couldn't be read:" in text
