"""close_position by a base alone, ETH: whose position that is, where only one can be meant."""

import pytest

from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import ORDERS, PAIR, open_position, sizes

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("base", ["BTC", "btc", " BTC "])
async def test_the_one_position_of_the_base_is_closed(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    open_position(api, "BUY", "0.05")
    open_position(api, "BUY", "1", pair="ETH-USDT")
    async with assistant(api, monkeypatch) as call:
        await call.good("close_position", trading_pair=base)
        assert call.asked.count(ORDERS) == 1
    assert sizes(api).keys() == {("ETH-USDT", "BOTH")}


async def test_of_several_none_is_guessed(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    open_position(api, "BUY", "0.05")
    open_position(api, "BUY", "0.05", connector="bybit_perpetual")
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("close_position", trading_pair="BTC")
        assert text.startswith("2 positions match: LONG 0.05 BTC-USDT on binance_perpetual (master_account); ")
        assert "Nothing was sent." in text
        assert ORDERS not in call.asked
        await call.good("close_position", trading_pair="BTC", connector_name="bybit_perpetual")
    assert sizes(api).keys() == {(PAIR, "BOTH")}


@pytest.mark.parametrize("base", ["ETH", "BTCUSDT", "B", "USDT"])
async def test_what_no_position_has_is_refused_with_what_is_open(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, base: str
) -> None:
    open_position(api, "BUY", "0.05")
    async with assistant(api, monkeypatch) as call:
        text = await call.bad("close_position", trading_pair=base)
        assert f"There is no open position of {base}. Nothing was" in text
        assert "Open is LONG 0.05 BTC-USDT on binance_perpetual" in text
        assert ORDERS not in call.asked


async def test_a_record_of_a_base_is_that_of_the_exchange_s_pair(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = {"trading_pair": "BTC", "connector_name": "binance_perpetual"}
    open_position(api, "BUY", "0.05")
    async with assistant(api, monkeypatch) as call:
        for tool in ("get_order_history", "get_position_history", "get_trades", "list_executors"):
            assert "Name the whole pair, or connector_name with it." in await call.bad(tool, trading_pair="BTC")
            named = await call.good(tool, **{**where, "trading_pair": "BTC-USDT"})
            assert (await call.good(tool, **where)).startswith(named)


@pytest.mark.parametrize("tool", ["get_orderbook", "get_candles"])
async def test_a_base_is_the_exchange_s_pair(api: PaperApi, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    async with assistant(api, monkeypatch) as call:
        for exchange, pair in (("Binance", "BTC-USDT"), ("hyperliquid_perpetual", "BTC-USD")):
            text = await call.good(tool, connector_name=exchange, trading_pair="btc")
            assert text.endswith(f"Of {pair}.")
        assert "XYZ isn't on binance" in await call.bad(tool, connector_name="binance", trading_pair="XYZ")
        wrong = await call.bad(tool, connector_name="binnance", trading_pair="BTC")
        assert wrong.startswith("No exchange is called binnance: get_connectors lists them. Nothing was sent. Correct")


async def test_what_is_no_pair_is_refused(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        assert "is no pair" in await call.bad("close_position", trading_pair="BTC-")
        assert "can't take these arguments" in await call.bad("close_position", trading_pair=" ")
