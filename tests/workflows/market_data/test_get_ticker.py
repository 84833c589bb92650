"""Tickers on the paper exchange, against its market."""

from decimal import Decimal
from typing import Any

import pytest

from hbmcp.paper.api.faults import Crash, Late
from hbmcp.paper.market.order_book import Book
from tests.paper.assistant import assistant
from tests.paper.paper_api import HOUR, NOW, PaperApi
from tests.paper.scripted_faults import down, old_price
from tests.workflows.answers import notes, numbers, value

pytestmark = pytest.mark.anyio
CANDLES = "POST /market-data/historical-candles"
BOOK = "POST /market-data/order-book"
PRICES = "POST /market-data/prices"
BTC: dict[str, Any] = {"trading_pairs": ["BTC-USDT"], "connector_names": ["binance"]}


async def test_the_figures_are_those_of_the_market(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_ticker", trading_pairs=["BTC-USDT", "ETH-USDT"], connector_names=["binance"])
    assert notes(text) == ""
    rows = value(text)
    assert [row["trading_pair"] for row in rows] == ["BTC-USDT", "ETH-USDT"]
    market = api.paper.market
    for row in rows:
        where = row["connector_name"], row["trading_pair"]
        top = Book.snapshot(market, *where, NOW)
        bid, ask = top.bids[0].price, top.asks[0].price
        assert numbers(row, "last_price", "bid", "ask") == (market.price(*where, NOW), bid, ask)
        assert Decimal(row["spread_percent"]) == round(200 * (ask - bid) / (ask + bid), 4)
        minute = (NOW - 24 * HOUR) // 60_000 * 60_000
        before = market.price(*where, minute - 1)
        assert Decimal(row["change_24h_percent"]) == round(100 * (market.price(*where, NOW) / before - 1), 2)


async def test_one_pair_on_all_exchanges(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its own name; a base alone is enough."""
    async with assistant(api, monkeypatch) as call:
        rows = value(await call.good("get_ticker", trading_pairs=["btc"]))
        assert {(row["connector_name"], row["trading_pair"]) for row in rows} == {
            ("binance", "BTC-USDT"),
            ("kucoin", "BTC-USDT"),
            ("binance_perpetual", "BTC-USDT"),
            ("bybit_perpetual", "BTC-USDT"),
            ("hyperliquid_perpetual", "BTC-USD"),
        }
        assert "POST /market-data/trading-pair/add" not in call.asked
        assert call.asked.count(PRICES) == 5


async def test_an_account_that_isnt_read_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {Crash("GET /accounts/{account_name}/credentials", times=1)}) as call:
        text = await call.good("get_ticker", trading_pairs=["BTC"])
    assert len(value(text)) < 5
    assert "The exchanges of master_account couldn't be read: " in notes(text)


async def test_what_is_unknown_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good(
            "get_ticker",
            trading_pairs=["BTC-USDT", "BTC-EUR", "NOPE-USDT"],
            connector_names=["binance", "nope", "kucoin"],
        )
        assert [row["connector_name"] for row in value(text)] == ["binance", "kucoin"]
        assert notes(text).splitlines() == [
            "No exchange is called nope: get_connectors lists them.",
            "BTC-EUR isn't on any of these exchanges. Of the same base: BTC-USDT.",
            "NOPE-USDT isn't on any of these exchanges.",
        ]
        alone = await call.bad("get_ticker", trading_pairs=["NOPE-USDT"], connector_names=["binance"])
        assert alone.startswith("No price was found. NOPE-USDT isn't on binance.")


@pytest.mark.parametrize(
    ("asked", "where", "said"),
    [
        ("SOL-USDC", ["binance"], "SOL-USDC isn't on binance: SOL-USDT stands for it."),
        (
            "SOL-USDC",
            ["binance", "hyperliquid_perpetual"],
            "SOL-USDC isn't on any of these exchanges: SOL-USDT and SOL-USD stand for it.",
        ),
        (
            "SOL-USDT",
            ["binance", "hyperliquid_perpetual"],
            "SOL-USDT isn't on hyperliquid_perpetual: SOL-USD stands for it.",
        ),
        ("sol-usdt", ["binance"], ""),
        ("SOL", ["binance", "hyperliquid_perpetual"], ""),
    ],
)
async def test_a_pair_that_another_stands_for_is_told(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, asked: str, where: list[str], said: str
) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_ticker", trading_pairs=[asked], connector_names=where)
    assert [row["connector_name"] for row in value(text)] == where
    assert notes(text) == said


async def test_without_trading_rules_the_names_count_as_they_are(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = Crash("GET /connectors/{connector_name}/trading-rules")
    async with assistant(api, monkeypatch, {rules}) as call:
        text = await call.good(
            "get_ticker", trading_pairs=["BTC-USDT", "NOPE-USDT", "ETH-USDT"], connector_names=["binance"]
        )
    assert [row["trading_pair"] for row in value(text)] == ["BTC-USDT", "ETH-USDT"]
    assert "No price of NOPE-USDT on binance" in text
    assert "it doesn't know 'NOPE-USDT'" in text


@pytest.mark.parametrize(
    ("fault", "lost", "said"),
    [
        (Crash(CANDLES), {"change_24h_percent"}, "No 24-hour change of BTC-USDT on binance: "),
        (Crash(BOOK), {"bid", "ask", "spread_percent"}, "No bid and ask of BTC-USDT on binance: "),
        (Crash(PRICES), {"last_price", "change_24h_percent"}, "No price of BTC-USDT on binance: "),
    ],
)
async def test_what_fails_is_named_and_the_rest_is_there(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, fault: Crash, lost: set[str], said: str
) -> None:
    async with assistant(api, monkeypatch) as call:
        (whole,) = value(await call.good("get_ticker", **BTC))
    async with assistant(api, monkeypatch, {fault}) as call:
        text = await call.good("get_ticker", **BTC)
    (row,) = value(text)
    assert {name: value for name, value in whole.items() if name not in lost} == row
    assert notes(text).startswith(said)


async def test_late_candles_are_not_waited_for(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hbmcp.installation.markets.candles.PATIENCE", 0.05)
    async with assistant(api, monkeypatch, {Late(CANDLES, seconds=60)}) as call:
        text = await call.good("get_ticker", **BTC)
    assert "last_price" in value(text)[0]
    assert notes(text) == "No 24-hour change of BTC-USDT on binance: candles took longer than 0.05 s."


async def test_an_exchange_that_is_down_hides_no_other(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [down(CANDLES, BOOK, PRICES, connector="kucoin")]
    async with assistant(api, monkeypatch, faults) as call:
        text = await call.good("get_ticker", trading_pairs=["BTC-USDT"], connector_names=["binance", "kucoin"])
        assert [row["connector_name"] for row in value(text)] == ["binance"]
        assert "No price of BTC-USDT on kucoin" in notes(text)
        alone = await call.bad("get_ticker", trading_pairs=["BTC-USDT"], connector_names=["kucoin"])
        assert alone.startswith("No price was found. No price of BTC-USDT on kucoin")


async def test_a_price_that_its_book_denies_is_told(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {old_price("120000")}) as call:
        text = await call.good("get_ticker", **BTC)
    (row,) = value(text)
    assert row["last_price"] == "120000"
    assert notes(text) == (
        "The API's price of BTC-USDT on binance is 120000, but its order book has bid "
        f"{row['bid']} and ask {row['ask']}: one is old."
    )
