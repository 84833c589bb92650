"""Funding rates on the paper exchange, against its market, its books and its fees."""

import re
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from hbmcp.errors import StoreError
from hbmcp.paper.api.faults import Crash, Cut
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.order_book import Book
from hbmcp.store import Store
from tests.installation.funding.test_arbitrage import slippage
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import HOUR, NOW, PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.scripted_faults import down
from tests.workflows.answers import numbers, value

pytestmark = pytest.mark.anyio
FUNDING = "POST /market-data/funding-info"
MARKETS = [
    ("binance_perpetual", "BTC-USDT"),
    ("bybit_perpetual", "BTC-USDT"),
    ("hyperliquid_perpetual", "BTC-USD"),
]
BTC = {"trading_pairs": ["BTC-USDT"]}


def markets(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["connector_name"], row["trading_pair"]) for row in rows]


async def test_rates_are_those_of_the_market(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates", **BTC)
    rows = value(text)["rates"]
    assert markets(rows) == MARKETS
    for row, where in zip(rows, MARKETS, strict=True):
        rate = api.paper.market.funding_rate(*where, NOW)
        each = EXCHANGES[where[0]].funding_interval // HOUR
        assert Decimal(row["rate_percent"]) == 100 * rate
        assert Decimal(row["interval_hours"]) == each
        assert Decimal(row["annual_percent"]) == round(100 * rate * 365 * 24 / each, 2)
        assert row["payer"] == ("longs" if rate > 0 else "shorts")
        assert row["next_funding_time"] * 1000 == api.paper.market.next_funding(where[0], NOW)
    assert "interval_hours assumed" not in text  # the next payment is more than four hours ahead


async def test_the_whole_answer(api: PaperApi, monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("get_funding_rates", **BTC)
        api.clock.advance(8 * HOUR)
        assert await call.good("get_funding_rates", **BTC, since="24h") == snapshot


async def test_opportunities_by_hand(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates", **BTC, hold_days=10)
    found = value(text)["opportunities"]
    assert len(found) == 3
    nets = [Decimal(row["net_day_percent"]) for row in found]
    assert nets == sorted(nets, reverse=True)
    market = api.paper.market
    for row in found:
        long, short = (row["long_on"], row["long_pair"]), (row["short_on"], row["short_pair"])
        a_day = [
            market.funding_rate(*where, NOW) * (24 * HOUR // EXCHANGES[where[0]].funding_interval)
            for where in (long, short)
        ]
        spread = a_day[1] - a_day[0]
        fees = 2 * (EXCHANGES[long[0]].taker_fee + EXCHANGES[short[0]].taker_fee)
        assert spread > 0
        assert numbers(row, "spread_day_percent", "fees_percent") == (round(100 * spread, 4), 100 * fees)
        assert Decimal(row["break_even_days"]) == round(fees / spread, 1)
        left = 10 * spread - fees
        assert numbers(row, "net_day_percent", "net_year_percent") == (
            round(10 * left, 4),
            round(3650 * left, 2),
        )
        books = Book.snapshot(market, *long, NOW), Book.snapshot(market, *short, NOW)
        mid = (books[0].bids[0].price + books[0].asks[0].price) / 2
        if left <= 0:
            assert "break_even_size" not in row or not Decimal(row["break_even_size"])
        elif str(row["break_even_size"]).startswith(">="):
            assert slippage(books, Decimal(row["break_even_size"][2:]) / mid * Decimal("0.999")) <= left
        else:
            size = Decimal(row["break_even_size"]) / mid
            assert slippage(books, size * Decimal("0.999")) < left < slippage(books, size * Decimal("1.001"))
    assert "held 10 days" in text
    assert "bybit_perpetual 0.055% (assumed)" in text


async def test_fees_are_those_that_were_paid(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    order = {"account_name": "master_account", "trading_pair": "ETH-USDT", "side": "BUY", "amount": 1}
    async with assistant(api, monkeypatch) as call:
        await call.good("submit_order", **order, connector_name="bybit_perpetual", order_type="MARKET")
        text = await call.good("get_funding_rates", **BTC)
    assert "bybit_perpetual 0.055%, hyperliquid_perpetual 0.045% (assumed)" in text


async def test_many_pairs_at_once(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the limits of requests, pairs by any of their names, and the best opportunities."""
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates", trading_pairs=["btc", "ETH-USDT", "SOL-USDC", "XRP", "DOGE"])
        assert call.asked.count(FUNDING) == 15
    answer = value(text)
    assert len(answer["rates"]) == 15
    assert len(answer["opportunities"]) == 3
    coins: dict[str, list[str]] = {}
    for row in answer["rates"]:
        coins.setdefault(row["trading_pair"].split("-")[0], []).append(row["annual_percent"])
    differing = sum(one != other for rates in coins.values() for one, other in combinations(rates, 2))
    assert f"{differing - 3} lesser opportunities aren't shown: fewer trading_pairs show theirs." in text
    for row in answer["opportunities"]:
        assert row["long_pair"].split("-")[0] == row["short_pair"].split("-")[0]


async def test_without_pairs_those_of_open_positions(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        order = {"account_name": "master_account", "trading_pair": "SOL-USDT", "side": "SELL", "amount": 1}
        await call.good("submit_order", **order, connector_name="bybit_perpetual", order_type="MARKET")
        text = await call.good("get_funding_rates")
        there = value(await call.good("get_funding_rates", connector_names=[name for name, _ in MARKETS]))["rates"]
        every = value(await call.good("get_funding_rates", trading_pairs=["all"]))
    (row,) = value(text)["rates"]
    assert (row["connector_name"], row["trading_pair"]) == ("bybit_perpetual", "SOL-USDT")
    assert value(text).keys() == {"rates", "positions"}
    assert 'trading_pairs, or ["all"], has the other exchanges\' rates' in text
    assert len(every["rates"]) == 30
    assert every["opportunities"]
    assert {row["trading_pair"] for row in there} == {"SOL-USDT", "SOL-USD"}
    assert len(there) == 3


async def test_what_positions_pay_and_get_is_what_the_exchange_settles(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_position(api, "BUY", "0.5")
    open_position(api, "SELL", "20", "SOL-USDT", "bybit_perpetual")
    open_position(api, "BUY", "3", "ETH-USD", "hyperliquid_perpetual")
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates")
        named = await call.good("get_funding_rates", **BTC)
        there = await call.good("get_funding_rates", connector_names=["hyperliquid_perpetual"])
        held = await call.good("get_positions")
    rows = value(text)["positions"]
    assert len(rows) == 3
    assert all(f" {row['notional']} " in held for row in rows), "the same figure has the same digits in every tool"
    api.clock.advance(8 * HOUR)  # a payment on each
    first = {one.exchange: one for one in reversed(api.paper.engine.funding_payments())}
    total = Decimal(0)
    for row in rows:
        paid = first[row["connector_name"]]
        rate = api.paper.market.funding_rate(row["connector_name"], row["trading_pair"], NOW)
        settled = paid.payment / (abs(paid.amount) * paid.mark * paid.rate)  # 1 or -1
        a_day = settled * Decimal(row["notional"]) * rate * 24 * HOUR / EXCHANGES[paid.exchange].funding_interval
        assert abs(Decimal(row["funding_a_day"]) - a_day) <= Decimal("0.01")
        assert row["funding_a_day"][0] in "+-"
        total += Decimal(row["funding_a_day"]) if row["trading_pair"].endswith("USDT") else 0
    found = re.search(r"at the rates of now: (\S+) USDT and (\S+) USD a day together", text)
    assert found is not None
    assert abs(Decimal(found[1]) - total) <= Decimal("0.02")
    assert found[2] == rows[-1]["funding_a_day"]
    assert "positions" not in value(named)
    assert value(there)["positions"] == rows[-1:]
    assert f"at the rates of now: {found[2]} USD a day together" in there


async def test_without_positions_the_pairs_that_all_exchanges_have(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hbmcp.installation.funding.markets_meant.MOST", 2)
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates")
        one = value(await call.good("get_funding_rates", connector_names=["hyperliquid_perpetual"]))["rates"]
    coins = [market for coin in ("BTC", "ETH") for market in ((name, f"{coin}-{pair[4:]}") for name, pair in MARKETS)]
    assert markets(value(text)["rates"]) == coins
    assert re.search(r"Shown are 2 of the \d+ coins that all these exchanges have against dollars; trading_pairs", text)
    assert markets(one) == [market for market in coins if market[0] == "hyperliquid_perpetual"]


async def test_what_is_unknown_is_named(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        text = await call.good(
            "get_funding_rates",
            trading_pairs=["BTC-USDT", "NOPE"],
            connector_names=["binance_perpetual", "nope_perpetual"],
        )
        assert markets(value(text)["rates"]) == MARKETS[:1]
        assert "opportunities" not in value(text)
        assert "No exchange is called nope_perpetual" in text
        assert "NOPE isn't on binance_perpetual." in text
        spot = await call.bad("get_funding_rates", **BTC, connector_names=["binance"])
        assert "no perpetual exchange, so without funding: binance." in spot
        assert "NOPE isn't on any of these exchanges." in await call.bad("get_funding_rates", trading_pairs=["NOPE"])


async def test_one_exchange_failing_leaves_the_others(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, [down(FUNDING, connector="bybit_perpetual")]) as call:
        text = await call.good("get_funding_rates", **BTC)
    assert markets(value(text)["rates"]) == [MARKETS[0], MARKETS[2]]
    assert len(value(text)["opportunities"]) == 1
    assert "BTC-USDT on bybit_perpetual: " in text
    assert "503" in text


async def test_all_exchanges_failing_is_an_error(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch, {Crash(FUNDING)}) as call:
        assert (await call.bad("get_funding_rates", **BTC)).startswith("No funding rate was found. BTC-USDT on binance")
    async with assistant(api, monkeypatch, {Cut(FUNDING)}) as call:
        assert "The connection to the Hummingbot API broke" in await call.bad("get_funding_rates", **BTC)


async def test_a_missing_book_leaves_the_spread(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    where = {**BTC, "connector_names": ["binance_perpetual", "hyperliquid_perpetual"], "hold_days": 365}
    async with assistant(
        api, monkeypatch, [down("POST /market-data/order-book", connector="hyperliquid_perpetual")]
    ) as call:
        text = await call.good("get_funding_rates", **where)
    (row,) = value(text)["opportunities"]
    assert "spread_day_percent" in row
    assert "break_even_size" not in row
    assert "No book of BTC-USD on hyperliquid_perpetual" in text


async def at(call: Assistant, api: PaperApi, hours: float, **arguments: Any) -> str:
    api.clock.advance(int(hours * HOUR))
    return await call.good("get_funding_rates", **BTC, connector_names=["bybit_perpetual"], **arguments)


async def test_readings_are_kept_over_time(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async with assistant(api, monkeypatch) as call:
        first = await at(call, api, 0, since="7d")
        assert "history" not in value(first)
        assert "No earlier rates to compare" in first
        await at(call, api, 10)
        await at(call, api, 8)
        last = await at(call, api, 12, since="7d")
        later = await at(call, api, 0, since="24h")
    moments = [NOW, NOW + 10 * HOUR, NOW + 18 * HOUR, NOW + 30 * HOUR]
    market = api.paper.market
    rates = [100 * 3 * 365 * market.funding_rate("bybit_perpetual", "BTC-USDT", moment) for moment in moments]
    assert len(set(rates)) == 3
    (row,) = value(last)["history"]
    assert (row["first_time"], row["readings"]) == (NOW, "4")
    average = (10 * rates[0] + 8 * rates[1] + 12 * rates[2]) / 30
    assert numbers(
        row,
        "first_annual_percent",
        "average_annual_percent",
        "lowest_annual_percent",
        "highest_annual_percent",
        "change_annual_percent",
    ) == tuple(round(rate, 2) for rate in (rates[0], average, min(rates), max(rates), rates[3] - rates[0]))
    (row,) = value(later)["history"]
    assert row["first_time"] == moments[1]


@pytest.mark.parametrize(("hours", "said"), [(3, True), (24, False)])
async def test_a_period_that_readings_hardly_cover_says_so(
    api: PaperApi, monkeypatch: pytest.MonkeyPatch, hours: int, said: bool
) -> None:
    async with assistant(api, monkeypatch) as call:
        await call.good("get_funding_rates", **BTC)
        text = await at(call, api, hours, since="24h")
    assert ("history covers 3 h of the 24 h: rates are kept only when" in text) == said


async def test_a_proven_interval_is_remembered(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour before the payment any interval is possible."""
    where = {**BTC, "connector_names": ["bybit_perpetual"]}
    late = 16 * HOUR - NOW % (24 * HOUR) - HOUR // 2
    async with assistant(api, monkeypatch) as call:
        api.clock.advance(late)
        alone = await call.good("get_funding_rates", **where)
        assert "interval_hours assumed: bybit_perpetual." in alone
        api.clock.advance(HOUR)  # a new interval of eight hours has begun
        assert "assumed" not in await call.good("get_funding_rates", **where)
        api.clock.advance(7 * HOUR)
        proven = await call.good("get_funding_rates", **where)
        assert "assumed" not in proven
        assert Decimal(value(proven)["rates"][0]["interval_hours"]) == 8


async def test_without_a_store_rates_are_told_all_the_same(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise StoreError("The store can't be opened.")

    monkeypatch.setattr(Store, "funding_readings", broken)
    monkeypatch.setattr(Store, "keep_funding", broken)
    async with assistant(api, monkeypatch) as call:
        text = await call.good("get_funding_rates", **BTC, since="7d")
    assert markets(value(text)["rates"]) == MARKETS
    assert "Earlier rates couldn't be read. The store can't be opened." in text
    assert "These rates couldn't be kept for later. The store can't be opened." in text
    assert "No earlier rates to compare" not in text
