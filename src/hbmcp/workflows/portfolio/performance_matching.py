"""Finds which trades each snapshot of a place has in it, and what they leave over between two of them.

Trades and snapshots aren't timed exactly: the API's time of a trade can be five minutes early, and a balance some
minutes old. So the trades that a snapshot has in it are those of its time, give or take `SETTLED` and `SOON`, that
leave the least value over in all snapshots together. Nor is it known what a fee was taken from: the API tells all fees
in the quote currency, an exchange may take them from what was received, or in a coin of its own. Of these three the
first is right for a place that leaves the fewest tokens over.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from attrs import evolve, field, frozen

from hbmcp.workflows.figures import ratio, times
from hbmcp.workflows.portfolio.performance_series import ZERO, Place, Series

SETTLED = 10 * 60_000  # milliseconds after which a balance surely has a trade in it
SOON = 60_000  # a snapshot's time is cut down to the minute
FEES = Decimal("0.003")  # of what was traded: what is missing up to that is a fee that nobody told
NOISE = Decimal("1e-9")  # of the units: the API's figures were binary fractions once
FUNDING = Decimal("0.002")  # of what is open, each time: no more than this is paid for it
FUNDED = 8 * 3_600_000  # milliseconds from one payment to the next
_CHOICES = 40  # the most boundaries between trades that are tried for one snapshot

Units = Mapping[str, Decimal]


@frozen
class Trade:
    """What a fill, or a payment of funding, did to a place's units without its fee; the fee as it is told, and as it
    may have been taken; and on a perpetual exchange the notional that is open after it, by quote token."""

    time: int
    moved: Units
    told_fee: Units = field(factory=dict)
    taken_fee: Units = field(factory=dict)
    open: Units = field(factory=dict)


@frozen
class Known:
    """What is known of the trades at a place: all after `since`; nothing at all where `why` says why not."""

    trades: tuple[Trade, ...] = ()
    since: int = 0
    why: str = ""


@frozen
class Step:
    """From one snapshot of a place to its next: what is left over, by token, where it is more than fees and noise."""

    place: Place
    after: int
    time: int
    rest: Units
    prices: Units
    proven: bool


def steps(found: Series, place: Place, known: Known) -> list[Step]:
    """The steps of a place that the known trades leave something over of."""
    return _Path.of(found, place, known).steps()


class _Way(NamedTuple):
    """How many trades each snapshot so far has in it, and what that leaves over. The least comes first: in value, then
    in how many trades are put elsewhere than their times say."""

    value: Decimal
    off: int
    bounds: tuple[int, ...]


@frozen
class _Path:
    """A place through its snapshots. `units` and `prices` have one mapping for each of its `indices` of the series."""

    place: Place
    found: Series
    indices: Sequence[int]
    units: Sequence[Units]
    prices: Sequence[Units]
    known: Known

    @classmethod
    def of(cls, found: Series, place: Place, known: Known) -> "_Path":
        lines = [line for line in found.lines if line.place == place]
        indices = found.present[place]
        units = [{line.token: line.units[index] for line in lines} for index in indices]
        prices = [{line.token: line.prices[index] for line in lines} for index in indices]
        trades = tuple(sorted(known.trades, key=lambda one: one.time))
        return cls(place, found, indices, units, prices, evolve(known, trades=trades))

    def steps(self) -> list[Step]:
        """Those with something left over, by the way of taking fees that leaves the fewest tokens over."""
        if all(one == self.units[0] for one in self.units):
            return []
        ways = (
            [_less(trade.moved, trade.told_fee) for trade in self.known.trades],
            [_less(trade.moved, trade.taken_fee) for trade in self.known.trades],
            [trade.moved for trade in self.known.trades],
        )
        tried = [(sums, self._bounds(sums)) for sums in map(_sums, ways)]
        return self._steps(*min(tried, key=lambda one: self._left(*one)))

    def _left(self, sums: Sequence[Units], bounds: Sequence[int]) -> int:
        return sum(
            self._counts(at, token, units)
            for at in range(1, len(self.indices))
            for token, units in self._rest(at, sums[bounds[at - 1]], sums[bounds[at]]).items()
        )

    def _counts(self, at: int, token: str, units: Decimal) -> bool:
        """Whether so many units are more than noise."""
        held = max(abs(self.units[one].get(token, ZERO)) for one in (at - 1, at))
        return abs(units) > NOISE * held

    def _bounds(self, sums: Sequence[Units]) -> list[int]:
        """How many of the trades each snapshot has in it, so that the least value is left over.

        The least over all snapshots, not over each: `best[k]` is the least so far with k trades in the snapshot.
        """
        moments = [trade.time for trade in self.known.trades]
        traded = sorted({token for one in sums[-1:] for token in one if token in self.units[0]})
        columns = [(token, [one.get(token, ZERO) for one in sums]) for token in traded]
        best: dict[int, _Way] = {}
        for at, index in enumerate(self.indices):
            time = self.found.times[index]
            low, high = bisect_right(moments, time - SETTLED), bisect_right(moments, time + SOON)
            nominal = bisect_right(moments, time)
            before, best = best, {}
            for k in {*range(low, high, max(1, (high - low) // _CHOICES)), nominal, high}:
                off = abs(k - nominal)
                if not at:
                    best[k] = _Way(ZERO, off, (k,))
                    continue
                changes = [
                    (self.units[at][token] - self.units[at - 1][token] - column[k], column, self.prices[at][token])
                    for token, column in columns
                ]
                best[k] = min(
                    _Way(
                        way.value + sum(abs(change + column[j]) * price for change, column, price in changes),
                        way.off + off,
                        (*way.bounds, k),
                    )
                    for j, way in before.items()
                    if j <= k
                )
        return list(min(best.values()).bounds)

    def _rest(self, at: int, before: Units, after: Units) -> dict[str, Decimal]:
        """What the change of the units to this snapshot is more than that of these sums."""
        old, new = self.units[at - 1], self.units[at]
        tokens = sorted({*new, *after})
        return {
            token: new.get(token, ZERO) - old.get(token, ZERO) - after.get(token, ZERO) + before.get(token, ZERO)
            for token in tokens
        }

    def _steps(self, sums: Sequence[Units], bounds: Sequence[int]) -> list[Step]:
        found = []
        for at in range(1, len(self.indices)):
            prices = self.prices[at]
            first, last = bounds[at - 1], bounds[at]
            after, time = (self.found.times[self.indices[one]] for one in (at - 1, at))
            around = [one for one in self.known.trades if after - SETTLED < one.time <= time + SOON]
            traded = sum((times(abs(u), prices.get(t, ZERO)) for one in around for t, u in one.moved.items()), ZERO)
            held = self.known.trades[max(first - 1, 0) : last]
            rest = {
                token: units
                for token, units in self._rest(at, sums[first], sums[last]).items()
                if token in prices
                and self._counts(at, token, units)
                and not -FEES * traded <= times(units, prices[token]) <= 0
                and abs(units) > _funding(held, token, time - after)
            }
            if rest:
                proven = not self.known.why and after >= self.known.since
                found.append(Step(self.place, after, time, rest, prices, proven))
        return found


def _funding(trades: Sequence[Trade], token: str, milliseconds: int) -> Decimal:
    """The most that can have been paid for what was open, in units of the quote token."""
    most = max((trade.open.get(token, ZERO) for trade in trades), default=ZERO)
    return times(most, FUNDING, 1 + ratio(Decimal(milliseconds), Decimal(FUNDED)))


def _less(units: Units, fee: Units) -> Units:
    return {token: units.get(token, ZERO) - fee.get(token, ZERO) for token in {**units, **fee}}


def _sums(moves: Sequence[Units]) -> list[Units]:
    """The sum of the first 0, 1, 2, ... of them."""
    none: Units = {}
    return list(accumulate(moves, lambda so_far, one: _less(so_far, _less(none, one)), initial=none))
