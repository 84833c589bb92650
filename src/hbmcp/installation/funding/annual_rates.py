"""Funding rates: how often they are paid, what they come to in a year, who pays whom."""

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from itertools import pairwise

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.times import HOUR

YEAR = Decimal(365)  # days
_HOURS = (1, 2, 4, 8)  # between payments, on the exchanges there are
_HOURLY = ("aevo", "derive", "dydx_v4", "hyperliquid", "injective_v2", "lighter", "pacifica")
_EXACT = Context(prec=50)


@frozen
class Interval:
    """Hours between two payments. `known`: their times prove it; otherwise it is what the exchange usually has."""

    hours: int
    known: bool


def interval(connector: str, next_payment: int | None, now: int, earlier: int | None = None) -> Interval:
    """What the next payment (epoch milliseconds) tells of the interval, which the API doesn't give.

    Payments are at multiples of the interval since midnight UTC, so it divides the hour of the next one; and it is no
    shorter than the time until then. What that leaves open, an `earlier` proof decides, or what the exchange usually
    has.
    """
    possible = _possible(next_payment, now)
    if len(possible) == 1:
        return Interval(possible[0], known=True)
    if earlier in possible:
        return Interval(earlier, known=True)
    usual = 1 if connector.startswith(_HOURLY) else 8
    # The longest, where the usual one is out of question: the rate of a year isn't to look larger than it may be.
    return Interval(usual if usual in possible or not possible else max(possible), known=False)


def _possible(next_payment: int | None, now: int) -> list[int]:
    if next_payment is None or next_payment <= now or next_payment % HOUR:
        return []
    return [hours for hours in _HOURS if next_payment // HOUR % hours == 0 and hours * HOUR >= next_payment - now]


def daily(rate: Decimal, hours: Decimal | int) -> Decimal:
    """A rate of one interval as that of a day: rate x 24 / hours."""
    return ratio(times(rate, Decimal(24)), Decimal(hours))


def yearly(rate: Decimal, hours: Decimal | int) -> Decimal:
    """A rate of one interval as that of 365 days, without compounding."""
    return times(daily(rate, hours), YEAR)


def payer(rate: Decimal) -> str:
    """Who pays the others at the end of the interval."""
    return "longs" if rate > 0 else "shorts" if rate < 0 else "nobody"


@frozen
class Reading:
    """A rate of 365 days as a fraction, at a time in epoch milliseconds."""

    time: int
    yearly: Decimal


@frozen
class RateSummary:
    """How a rate went: all but `since` (epoch milliseconds) and `readings` are rates of 365 days, as fractions."""

    since: int
    readings: int
    first: Decimal
    last: Decimal
    average: Decimal
    lowest: Decimal
    highest: Decimal


def summarize(readings: Sequence[Reading]) -> RateSummary:
    """Of at least one reading, oldest first. Each counts in the average for as long as until the next one, the last
    for nothing; readings at one moment count alike."""
    rates = [reading.yearly for reading in readings]
    spans = [Decimal(after.time - before.time) for before, after in pairwise(readings)]
    with localcontext(_EXACT):
        if whole := sum(spans):
            average = sum(map(times, rates, spans), Decimal(0)) / whole
        else:
            average = sum(rates, Decimal(0)) / len(rates)
    return RateSummary(readings[0].time, len(rates), rates[0], rates[-1], average, min(rates), max(rates))
