"""What executors on spot are said to have done: a sale is no position, and a stop that waits isn't said to act."""

from pathlib import Path

import pytest

from tests.workflows.answers import head
from tests.workflows.executors.executor_account import DCA, desk

pytestmark = pytest.mark.anyio

TWAP = {"connector_name": "binance", "trading_pair": "BTC-USDT", "side": "SELL", "total_amount_quote": 3000}
TWAP |= {"total_duration": 600, "order_interval": 60}


async def test_coins_that_are_sold_as_told_are_no_short_to_be_bought_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("twap_executor", **TWAP)
        at.after(200)
        for text in (
            await at.call.good("get_executor", executor_id=made),
            await at.call.good("stop_executor", executor_id=made),
        ):
            assert head(text)["sold_amount"] > 0
            assert "SHORT" not in text
            assert "BUY" not in text
            assert "its stops have ended" not in text


async def test_a_stop_that_waits_for_all_levels_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 60: 58900, 600: 57900}) as at:
        made = await at.create("dca_executor", **DCA)
        at.after(300)
        told = await at.call.good("get_executor", executor_id=made)
        assert "minds stop_loss only once all levels are filled: 1 of 2 are." in told
        at.after(600)
        assert "minds stop_loss" not in await at.call.good("get_executor", executor_id=made)
