"""What executors on spot are said to have done: a sale is no position, and a stop that waits isn't said to act."""

from pathlib import Path
from typing import Any

import pytest

from tests.workflows.answers import head
from tests.workflows.executors.executor_account import DCA, GRID, PERPETUAL, POSITION, desk

pytestmark = pytest.mark.anyio

TWAP = {"connector_name": "binance", "trading_pair": "BTC-USDT", "side": "SELL", "total_amount_quote": 3000}
TWAP |= {"total_duration": 600, "order_interval": 60}
SPOT: dict[str, Any] = {"connector_name": "binance", "trading_pair": "BTC-USDT", "leverage": None}
NO_POSITION = ("LONG", "SHORT", "guards", "trade it back", "position of", "its position", "bought again", "sold again")


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


@pytest.mark.parametrize("side", ["BUY", "SELL"])
@pytest.mark.parametrize("kind", ["twap_executor", "order_executor"])
async def test_what_only_trades_holds_no_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, side: str
) -> None:
    order = {**SPOT, "amount": "0.1", "execution_strategy": "LIMIT", "price": 70000 if side == "SELL" else 50000}
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create(kind, **{**(TWAP if kind == "twap_executor" else order), "side": side})
        texts = [await at.call.good("get_executor", executor_id=made)]
        texts.append(await at.call.good("stop_executor", executor_id=made))
        texts.append(await at.call.good("get_executor", executor_id=made))
        for text in texts:
            assert not [words for words in NO_POSITION if words in text]
            assert not {"still_open", "kept"} & head(text).keys()
        assert head(texts[1])["status"] == "TERMINATED"


async def test_what_a_market_order_traded_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        sale = {**SPOT, "side": "SELL", "amount": "0.1", "execution_strategy": "MARKET"}
        made = await at.create("order_executor", **sale)
        at.after(10)
        found = await at.head("get_executor", executor_id=made)
        assert (found["close_type"], found["how_it_ended"]) == ("POSITION_HOLD", "ended: what it traded stays")


async def test_on_a_perpetual_a_twap_leaves_a_position_that_had_no_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("twap_executor", **{**TWAP, "total_amount_quote": 30000, **PERPETUAL})
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert head(text)["kept"].startswith("LONG 0.0")
        assert "Nothing guards what it left now. To close it: close_position" in text


async def test_a_sale_that_has_stops_isnt_called_a_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("position_executor", **{**POSITION, **SPOT, "side": "SELL"})
        assert (await at.head("get_executor", executor_id=made))["still_open"] == "0.1 BTC sold and not bought again"
        asked = await at.call.good("stop_executor", executor_id=made)
        assert "It holds 0.1 BTC sold and not bought again" in asked
        kept = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert "its stops have ended with it. To trade it back:" in kept


async def test_coins_that_are_gone_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("position_executor", **{**POSITION, **SPOT})
        at.after(300)
        assert "no more than" not in await at.call.good("get_executor", executor_id=made)
        sale = {"account_name": "master_account", "side": "SELL", "order_type": "MARKET", "max_value": 10**6}
        where = {"connector_name": "binance", "trading_pair": "BTC-USDT"}
        await at.call.good("place_order", **sale, **where, amount="1.08")
        missed = "Of the 0.1 BTC that it bought and didn't sell, no more than 0.0199 are in the account now:"
        assert missed in await at.call.good("get_executor", executor_id=made)
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert missed in text
        assert "To trade it back" not in text


async def test_the_stop_of_a_dca_that_rests_acts_only_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Hummingbot has it, and so does the paper exchange."""
    asked = {**DCA, "prices": [60100, 59000, 58000], "amounts_quote": [600, 600, 600], "stop_loss": "0.01"}
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 58900, 1200: 57900, 1800: 57000}) as at:
        made = await at.create("dca_executor", **asked)
        at.after(701)
        found = await at.head("get_executor", executor_id=made)
        assert found["status"] == "RUNNING"
        assert found["net_pnl_percent"] <= -1
        at.after(1200)
        assert (await at.head("get_executor", executor_id=made))["close_type"] == "STOP_LOSS"


async def test_a_grid_that_kept_its_position_says_what_its_figures_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 58500}) as at:
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        words = "net_pnl_quote doesn't count what it kept; position_pnl_quote is of that alone"
        assert words not in await at.call.good("get_executor", executor_id=made)
        assert words in await at.call.good("stop_executor", executor_id=made, position="keep")
        assert words in await at.call.good("get_executor", executor_id=made)
