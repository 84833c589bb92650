"""Intervals, annual rates and their course."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.funding.annual_rates import Interval, Reading, daily, interval, payer, summarize, yearly

HOUR = 3_600_000
DAY = 20_000 * 24 * HOUR  # a midnight


@pytest.mark.parametrize(
    ("connector", "next_hour", "ahead", "earlier", "found"),
    [
        ("binance_perpetual", 16, 7.5, None, Interval(8, True)),
        ("binance_perpetual", 16, 3.5, None, Interval(8, False)),
        ("binance_perpetual", 12, 3.5, None, Interval(4, True)),
        ("binance_perpetual", 12, 0.5, None, Interval(4, False)),
        ("binance_perpetual", 13, 0.5, None, Interval(1, True)),
        ("binance_perpetual", 16, 0.5, 4, Interval(4, True)),
        ("binance_perpetual", 16, 7.5, 4, Interval(8, True)),  # it was four hours, and isn't any more
        ("binance_perpetual", 16, 3.5, 1, Interval(8, False)),  # it was hourly, and can't be any more
        ("hyperliquid_perpetual", 15, 0.5, None, Interval(1, True)),
        ("hyperliquid_perpetual", 16, 0.5, None, Interval(1, False)),
        ("hyperliquid_perpetual", 16, 1.5, None, Interval(8, False)),  # hourly is out of question
        ("hyperliquid_perpetual", 16, 0.5, 1, Interval(1, True)),
        ("binance_perpetual", 17, 3.5, None, Interval(8, False)),  # at no hour that fits any interval
    ],
)
def test_the_next_payment_tells_the_interval(
    connector: str, next_hour: int, ahead: float, earlier: int | None, found: Interval
) -> None:
    moment = DAY + next_hour * HOUR
    assert interval(connector, moment, moment - int(ahead * HOUR), earlier) == found


@pytest.mark.parametrize("next_payment", [None, DAY - 1, DAY, DAY + HOUR + 1])
def test_without_a_next_payment_the_interval_is_the_usual_one(next_payment: int | None) -> None:
    assert interval("binance_perpetual", next_payment, DAY) == Interval(8, False)
    assert interval("dydx_v4_perpetual", next_payment, DAY) == Interval(1, False)


def test_a_rate_is_that_of_a_day_and_of_a_year() -> None:
    assert daily(Decimal("0.0001"), 8) == Decimal("0.0003")
    assert yearly(Decimal("0.0001"), 8) == Decimal("0.1095")
    assert yearly(Decimal("-0.0000125"), 1) == Decimal("-0.1095")
    assert [payer(Decimal(rate)) for rate in (1, 0, -1)] == ["longs", "nobody", "shorts"]


def test_the_average_is_by_time() -> None:
    readings = [Reading(0, Decimal(2)), Reading(30, Decimal(6)), Reading(40, Decimal(100))]
    went = summarize(readings)
    assert (went.since, went.readings) == (0, 3)
    assert (went.first, went.last) == (Decimal(2), Decimal(100))
    assert went.average == 3  # 2 for three quarters, 6 for one
    assert (went.lowest, went.highest) == (Decimal(2), Decimal(100))


readings = st.lists(
    st.builds(Reading, st.integers(0, 10**13), st.decimals(-10, 10, places=6)), min_size=1, max_size=20
).map(lambda found: sorted(found, key=lambda reading: reading.time))


@given(readings)
def test_the_average_lies_between_the_extremes(found: list[Reading]) -> None:
    went = summarize(found)
    assert went.lowest - Decimal("1e-40") <= went.average <= went.highest + Decimal("1e-40")
    assert {went.first, went.last} <= {reading.yearly for reading in found}


@given(readings, st.integers(0, 10**6))
def test_asking_twice_doesnt_change_the_average(found: list[Reading], later: int) -> None:
    again = Reading(found[-1].time + later, found[-1].yearly)
    once = summarize([*found, again]).average
    twice = summarize([*found, *[Reading(found[-1].time + later // 2, again.yearly)] * 5, again]).average
    assert found[0].time == again.time or abs(once - twice) < Decimal("1e-40")
