"""Earning the difference of two funding rates: long where it is lower, short where it is higher."""

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext
from itertools import combinations

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.markets.order_book import Book
from hbmcp.installation.markets.trading_pairs import Market

_EXACT = Context(prec=50)


@frozen
class Leg:
    """A market, its funding rate of a day and its taker fee, both as fractions of the position's value."""

    market: Market
    daily: Decimal
    fee: Decimal


@frozen
class Opportunity:
    """Long and short of the same size. Rates and fees are fractions of one leg's value."""

    long: Leg
    short: Leg

    @property
    def spread(self) -> Decimal:
        """What both legs earn in a day: the short's rate less the long's."""
        return self.short.daily - self.long.daily

    @property
    def fees(self) -> Decimal:
        """Into and out of both legs by market orders."""
        return 2 * (self.long.fee + self.short.fee)

    def net(self, days: int) -> Decimal:
        """What remains of so many days' spread after the fees."""
        return times(self.spread, Decimal(days)) - self.fees

    @property
    def break_even(self) -> Decimal:
        """Days until the spread has paid the fees."""
        return ratio(self.fees, self.spread)


def opportunities(legs: Iterable[Leg]) -> list[Opportunity]:
    """All pairs of legs whose rates differ."""
    found = []
    for pair in combinations(legs, 2):
        long, short = sorted(pair, key=lambda leg: leg.daily)
        if long.daily < short.daily:
            found.append(Opportunity(long, short))
    return found


@frozen
class Capacity:
    """A size in base units. Not `complete`: the books, as the API gives them, end before the costs reach the limit."""

    amount: Decimal
    complete: bool


def capacity(long: Book, short: Book, allowed: Decimal) -> Capacity:
    """The largest size whose slippage into and out of both legs, by market orders on these books, is at most
    `allowed`, a fraction of one leg's value.

    The slippage of a size q is the sum, over both books, of (what q costs - what q brings) / mid, in base units. It
    is convex in q and nothing at 0, so past its second crossing with allowed x q it stays above.
    """
    mids = long.mid, short.mid
    if mids[0] is None or mids[1] is None:
        return Capacity(Decimal(0), complete=False)
    with localcontext(_EXACT):
        ladders = [
            [(sign * ratio(level.price, mid), level.amount) for level in levels]
            for found, mid in ((long, mids[0]), (short, mids[1]))
            for sign, levels in ((1, found.asks), (-1, found.bids))
        ]
        at = [0] * len(ladders)
        left = [ladder[0][1] for ladder in ladders]
        size = excess = Decimal(0)  # of the slippage over what is allowed
        while True:
            slope = sum((ladder[i][0] for ladder, i in zip(ladders, at, strict=True)), -allowed)
            step = min(left)
            if excess + slope * step > 0:
                return Capacity(size - excess / slope, complete=True)
            size, excess = size + step, excess + slope * step
            for n, ladder in enumerate(ladders):
                left[n] -= step
                if not left[n]:
                    at[n] += 1
                    if at[n] == len(ladder):
                        return Capacity(size, complete=False)
                    left[n] = ladder[at[n]][1]
