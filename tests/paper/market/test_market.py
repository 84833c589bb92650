"""The market is a pure function of seed and time, and all its answers are the same prices seen differently."""

import subprocess
import sys
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hbmcp.paper.errors import BadValue, NotPerpetual, UnknownExchange, UnknownPair
from hbmcp.paper.market.listings import ACCOUNTS, COINS, EXCHANGES, HOUR, START_BALANCES
from hbmcp.paper.market.market import INTERVALS, Candle, Market, grid_time
from hbmcp.paper.market.random_path import BLOCK, MINUTE, STEP, time_of

DAY = 24 * HOUR
NOW = 1_795_350_012_345  # 2026-11-22
MARKET = Market(7)
PLACES = [(exchange.name, pair) for exchange in EXCHANGES.values() for pair in exchange.pairs]
PERPETUALS = [exchange.name for exchange in EXCHANGES.values() if exchange.perpetual]

places = st.sampled_from(PLACES)
times = st.integers(NOW - 3000 * DAY, NOW + 3000 * DAY)
lengths = st.integers(1, 400 * STEP)  # both what is reckoned number by number and what numpy does


def grid(start: int, end: int) -> list[int]:
    """Each time from `start` on, before `end`, at which the price may be another one."""
    return [start, *range(grid_time(start) + STEP, end, STEP)]


def prices(market: Market, exchange: str, pair: str, start: int, end: int) -> list[Decimal]:
    return [market.price(exchange, pair, at) for at in grid(start, end)]


def merged(candles: list[Candle]) -> tuple[Decimal, ...]:
    return (
        candles[0].open,
        max(candle.high for candle in candles),
        min(candle.low for candle in candles),
        candles[-1].close,
        sum((candle.volume for candle in candles), Decimal(0)),
    )


# One path, however it is asked


@given(places, st.lists(times, min_size=2, max_size=6))
def test_a_price_does_not_depend_on_what_was_asked_before(place: tuple[str, str], asked: list[int]) -> None:
    used, other = Market(7), Market(7)
    first = [used.price(*place, at) for at in asked]
    assert [other.price(*place, at) for at in reversed(asked)] == first[::-1]
    assert [Market(7).price(*place, at) for at in asked] == first


@given(places, times)
def test_a_price_holds_until_the_next_time_of_the_grid(place: tuple[str, str], at: int) -> None:
    begin = grid_time(at)
    assert {MARKET.price(*place, t) for t in (begin, at, begin + STEP - 1)} == {MARKET.price(*place, at)}


@given(places, times, st.integers(1, 150))
@settings(deadline=None)
def test_whole_minutes_by_numpy_are_the_prices_one_by_one(place: tuple[str, str], at: int, count: int) -> None:
    start = at - at % MINUTE
    for candle in MARKET.candles(*place, "1m", start, start + count * MINUTE)[:: max(1, count // 3)]:
        run = prices(MARKET, *place, candle.at, candle.at + MINUTE)
        assert candle[1:5] == (run[0], max(run), min(run), run[-1])


def test_a_path_crosses_from_one_block_of_two_years_into_the_next() -> None:
    border = time_of(3 * BLOCK + 2**32)
    start, end = border - 3 * HOUR, border + 3 * HOUR
    candles = MARKET.candles("binance", "BTC-USDT", "1m", start, end)
    for candle in (candles[179], candles[180]):
        run = prices(MARKET, "binance", "BTC-USDT", candle.at, candle.at + MINUTE)
        assert candle[1:5] == (run[0], max(run), min(run), run[-1])
    assert candles[180].at == border
    assert abs(candles[180].open / candles[179].close - 1) < Decimal("0.01")


# Candles


@given(places, times, st.sampled_from(["3m", "5m", "15m", "1h"]), st.integers(1, 3), st.integers(0, HOUR))
@settings(deadline=None, max_examples=30)
def test_a_candle_is_made_of_its_minutes(place: tuple[str, str], at: int, interval: str, count: int, more: int) -> None:
    length = INTERVALS[interval]
    end = at + count * length + more
    for candle in MARKET.candles(*place, interval, at, end):
        assert candle.at % length == 0
        assert at <= candle.at < end
        assert candle[1:] == merged(list(MARKET.candles(*place, "1m", candle.at, min(candle.at + length, end))))


@given(places, times)
@settings(deadline=None, max_examples=20)
def test_a_minute_is_made_of_its_seconds(place: tuple[str, str], at: int) -> None:
    minute = at - at % MINUTE
    (whole,) = MARKET.candles(*place, "1m", minute, minute + MINUTE)
    seconds = list(MARKET.candles(*place, "1s", minute, minute + MINUTE))
    assert len(seconds) == 60
    assert whole[1:] == merged(seconds)


@given(places, times, st.sampled_from(sorted(INTERVALS)))
@settings(deadline=None, max_examples=40)
def test_the_running_candle_ends_with_the_price_of_now(place: tuple[str, str], now: int, interval: str) -> None:
    candles = MARKET.candles(*place, interval, now + 1 - INTERVALS[interval], now + 1)
    (candle,) = candles
    assert candle.at <= now < candle.at + INTERVALS[interval]
    assert candle.close == MARKET.price(*place, now)
    assert (candle.low, candle.high) == MARKET.extremes(*place, candle.at, now + 1)
    assert candle.volume >= 0


def test_weeks_begin_on_monday() -> None:
    assert [candle.at for candle in MARKET.candles("kucoin", "ETH-USDT", "1w", NOW - 10 * DAY, NOW)] == [
        1_794_787_200_000  # 2026-11-16
    ]


def test_candles_are_a_sequence() -> None:
    candles = MARKET.candles("binance", "ETH-USDT", "1h", NOW - 10 * HOUR, NOW)
    listed = list(candles)
    assert len(candles) == len(listed) == 10
    assert (candles[0], candles[-1], list(candles[2:-3])) == (listed[0], listed[-1], listed[2:-3])
    assert candles == listed
    assert candles != listed[1:]
    with pytest.raises(IndexError):
        candles[10]
    assert not MARKET.candles("binance", "ETH-USDT", "1h", NOW, NOW)


def test_volumes_are_plausible() -> None:
    """A day's turnover is of the size that the coin and the exchange's share of it suggest."""
    for exchange, pair in PLACES:
        place = EXCHANGES[exchange]
        coin = COINS[place.pairs[pair].base]
        days = MARKET.candles(exchange, pair, "1d", NOW - 8 * DAY, NOW - DAY)
        turnover = float(sum((day.volume for day in days), Decimal(0)) / len(days)) * coin.price
        assert 0.4 < turnover / (coin.turnover * place.share) < 2.5


# Extremes and touches


@given(places, times, lengths)
@settings(deadline=None)
def test_extremes_are_those_of_the_prices(place: tuple[str, str], start: int, length: int) -> None:
    run = prices(MARKET, *place, start, start + length)
    assert MARKET.extremes(*place, start, start + length) == (min(run), max(run))


@given(places, times, lengths, st.floats(-0.002, 0.002), st.booleans())
@settings(deadline=None)
def test_the_first_touch_is_the_first_of_the_prices(
    place: tuple[str, str], start: int, length: int, away: float, upward: bool
) -> None:
    level = MARKET.price(*place, start) * (1 + Decimal(away))
    moments = zip(grid(start, start + length), prices(MARKET, *place, start, start + length), strict=True)
    expected = next((at for at, price in moments if (price >= level if upward else price <= level)), None)
    assert MARKET.first_touch(*place, start, start + length, level, upward) == expected


@given(places, times, st.integers(1, 20), st.booleans())
@settings(deadline=None, max_examples=20)
def test_the_extreme_is_touched_and_what_lies_beyond_is_not(
    place: tuple[str, str], start: int, days: int, upward: bool
) -> None:
    end, tick = start + days * DAY, EXCHANGES[place[0]].pairs[place[1]].tick
    extreme = MARKET.extremes(*place, start, end)[upward]
    touched = MARKET.first_touch(*place, start, end, extreme, upward)
    assert touched is not None
    assert MARKET.price(*place, touched) == extreme
    assert MARKET.first_touch(*place, start, touched, extreme, upward) is None
    assert MARKET.first_touch(*place, start, end, extreme + (tick if upward else -tick), upward) is None


def test_the_end_of_a_stretch_is_not_part_of_it() -> None:
    begin = grid_time(NOW)
    for start in range(begin, begin + 20 * STEP, STEP):
        price = MARKET.price("binance", "BTC-USDT", start)
        assert MARKET.extremes("binance", "BTC-USDT", start, start + STEP) == (price, price)
        following = MARKET.price("binance", "BTC-USDT", start + STEP)
        upward = following > price
        if following != price:
            assert MARKET.first_touch("binance", "BTC-USDT", start, start + STEP, following, upward) is None
            touched = MARKET.first_touch("binance", "BTC-USDT", start, start + STEP + 1, following, upward)
            assert touched == start + STEP


def test_no_time_has_no_extremes_and_no_touch() -> None:
    assert MARKET.first_touch("binance", "BTC-USDT", NOW, NOW, Decimal(1), True) is None
    with pytest.raises(ValueError, match="No time"):
        MARKET.extremes("binance", "BTC-USDT", NOW, NOW)


@pytest.mark.parametrize(
    ("level", "upward", "touched"), [("1E+40", True, False), ("-3", True, True), ("0", False, False)]
)
def test_levels_that_no_price_reaches(level: str, upward: bool, touched: bool) -> None:
    answer = MARKET.first_touch("binance", "BTC-USDT", NOW, NOW + HOUR, Decimal(level), upward)
    assert answer == (NOW if touched else None)


# Plausible


@given(st.integers(0, 2**64), places, st.integers(631_152_000_000, 4_133_980_800_000))
def test_prices_from_1990_to_2100_are_positive_and_on_the_tick(seed: int, place: tuple[str, str], at: int) -> None:
    pair = EXCHANGES[place[0]].pairs[place[1]]
    price = Market(seed).price(*place, at)
    assert price > 0
    assert price % pair.tick == 0
    assert Decimal("0.02") < price / Decimal(COINS[pair.base].price) < 50


@pytest.mark.parametrize("seed", range(5))
def test_the_coins_cost_in_late_2026_what_the_world_says(seed: int) -> None:
    for exchange, pair in PLACES:
        level = Decimal(COINS[EXCHANGES[exchange].pairs[pair].base].price)
        assert abs(Market(seed).price(exchange, pair, 1_793_491_200_000) / level - 1) < Decimal("0.005")


def test_seeds_differ() -> None:
    assert len({Market(seed).price("binance", "BTC-USDT", NOW) for seed in range(10)}) > 5


def test_coins_move_together_but_not_alike() -> None:
    def returns(pair: str) -> list[float]:
        closes = [float(candle.close) for candle in MARKET.candles("binance", pair, "4h", NOW - 300 * DAY, NOW)]
        return [after / before - 1 for before, after in pairwise(closes)]

    btc, eth = returns("BTC-USDT"), returns("ETH-USDT")
    product = sum(a * b for a, b in zip(btc, eth, strict=True))
    correlation = product / (sum(a * a for a in btc) * sum(b * b for b in eth)) ** 0.5
    assert 0.4 < correlation < 0.97


def test_returns_have_fat_tails_and_clusters() -> None:
    candles = MARKET.candles("binance", "BTC-USDT", "15m", NOW - 365 * DAY, NOW)
    closes = [float(candle.close) for candle in candles]
    moves = [abs(after / before - 1) for before, after in pairwise(closes)]
    square = sum(move**2 for move in moves) / len(moves)
    assert 0.2 < (square * 35_040) ** 0.5 < 0.9, "volatility of a year"
    assert sum(move**4 for move in moves) / len(moves) / square**2 > 5, "3 is a normal distribution's"
    mean = sum(moves) / len(moves)
    near = sum((a - mean) * (b - mean) for a, b in pairwise(moves)) / len(moves)
    assert near / (square - mean**2) > 0.1, "a wild quarter of an hour follows a wild one"


# Exchanges, basis and funding


@given(times, st.sampled_from(sorted(COINS)))
def test_exchanges_stay_near_the_index(at: int, coin: str) -> None:
    for exchange in EXCHANGES.values():
        for pair in exchange.pairs.values():
            if pair.base == coin:
                apart = abs(MARKET.price(exchange.name, pair.name, at) - MARKET.index(pair.name, at))
                limit = Decimal(abs(exchange.basis) + exchange.wander) * MARKET.index(pair.name, at) * Decimal("1.01")
                assert apart <= limit + pair.tick


@given(st.sampled_from(PERPETUALS), times, st.data())
def test_funding_holds_for_its_interval_and_within_the_cap(exchange: str, at: int, data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from(sorted(EXCHANGES[exchange].pairs)))
    following = MARKET.next_funding(exchange, at)
    began = following - EXCHANGES[exchange].funding_interval
    assert began <= at < following
    rate = MARKET.funding_rate(exchange, pair, at)
    assert rate == MARKET.funding_rate(exchange, pair, began) == MARKET.funding_rate(exchange, pair, following - 1)
    assert abs(rate) <= EXCHANGES[exchange].funding_cap
    assert rate == round(rate, 8)
    assert MARKET.next_funding(exchange, following) == following + EXCHANGES[exchange].funding_interval


def test_funding_differs_between_exchanges_and_has_both_signs() -> None:
    def rates(exchange: str, pair: str) -> list[Decimal]:
        return [MARKET.funding_rate(exchange, pair, NOW - n * 8 * HOUR) for n in range(300)]

    binance, bybit = rates("binance_perpetual", "BTC-USDT"), rates("bybit_perpetual", "BTC-USDT")
    hyperliquid = rates("hyperliquid_perpetual", "BTC-USD")
    assert sum(a != b for a, b in zip(binance, hyperliquid, strict=True)) > 100
    assert sum(abs(a - b) > Decimal("0.0001") for a, b in zip(bybit, hyperliquid, strict=True)) > 60
    assert min(hyperliquid) < 0 < max(hyperliquid)


def test_funding_follows_the_basis() -> None:
    """Where the rate is far above the usual, the perpetual was dearer than the index in the interval before."""
    found = 0
    for n in range(400):
        at = NOW - n * 8 * HOUR
        rate = MARKET.funding_rate("bybit_perpetual", "BTC-USDT", at)
        began = MARKET.next_funding("bybit_perpetual", at) - 8 * HOUR
        if abs(rate) > Decimal("0.0004"):
            samples = [began - part * HOUR for part in range(1, 9)]
            premium = sum(MARKET.price("bybit_perpetual", "BTC-USDT", t) - MARKET.index("BTC-USDT", t) for t in samples)
            assert (premium > 0) == (rate > 0)
            found += 1
    assert found > 10


# Refusals


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(UnknownExchange):
        MARKET.price("nope", "BTC-USDT", NOW)
    with pytest.raises(UnknownExchange):
        MARKET.price("index", "BTC-USDT", NOW)
    with pytest.raises(UnknownPair):
        MARKET.price("binance", "NOPE-USDT", NOW)
    with pytest.raises(UnknownPair):
        MARKET.index("NOPE-USDT", NOW)
    with pytest.raises(BadValue):
        MARKET.candles("binance", "BTC-USDT", "7m", NOW - HOUR, NOW)
    for ask in (MARKET.mark, MARKET.funding_rate):
        with pytest.raises(NotPerpetual):
            ask("binance", "BTC-USDT", NOW)
    with pytest.raises(NotPerpetual):
        MARKET.next_funding("kucoin", NOW)


def test_short_questions_do_not_load_numpy() -> None:
    code = (
        "import sys; from decimal import Decimal\n"
        "from hbmcp.paper.market.order_book import Book; from hbmcp.paper.market.market import Market\n"
        f"m, now = Market(1), {NOW}\n"
        "Book.snapshot(m, 'binance', 'BTC-USDT', now); m.extremes('binance', 'BTC-USDT', now, now + 60_000)\n"
        "m.first_touch('binance', 'BTC-USDT', now, now + 60_000, Decimal(1), True)\n"
        "m.funding_rate('bybit_perpetual', 'BTC-USDT', now)\n"
        "sys.exit('numpy' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )


def test_start_balances_are_tokens_of_their_exchanges() -> None:
    for (account, exchange), balances in START_BALANCES.items():
        pairs = EXCHANGES[exchange].pairs.values()
        assert account in ACCOUNTS
        assert set(balances) <= {pair.base for pair in pairs} | {pair.quote for pair in pairs}


def test_this_seed_s_prices_are_the_same_on_every_machine() -> None:
    """Pinned: a file of the paper exchange holds fills at these prices."""
    assert [str(MARKET.price("binance", pair, NOW)) for pair in ("BTC-USDT", "ETH-USDT", "SOL-USDT")] == [
        "69437.02",
        "3142.24",
        "168.32",
    ]
