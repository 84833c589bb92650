"""Finds which trades each snapshot of a place has in it, and what they leave over between two of them.

Trades and snapshots aren't timed exactly: the API's time of a trade can be five minutes early, and a balance some
minutes old. So the trades that a snapshot has in it are those of its time, give or take `SETTLED` and `SOON`, that
leave the least value over in all snapshots together, in the fewest of them. Nor is it known what a fee was taken from:
the API tells all fees in the quote currency, an exchange may take them from what was received, or in a coin of its
own. Of these three the first is right for a place that leaves the fewest tokens over.

Where unrealized P&L is in the units, they change with every price while a position is open. There only two snapshots
tell of transfers of which that P&L is known: it is nothing where nothing is open, and the positions tell it now.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import NamedTuple

from attrs import evolve, field, frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.performance.snapshot_series import ZERO, Place, SnapshotSeries

SETTLED = 10 * 60_000  # milliseconds after which a balance surely has a trade in it
SOON = 60_000  # a snapshot's time is cut down to the minute
FEES = Decimal("0.003")  # of what was traded: what is missing up to that is a fee that nobody told
NOISE = Decimal("1e-9")  # of the units: the API's figures were binary fractions once
EXACT = 6  # digits of a value: what differs less is the same but for noise
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
class UnrealizedAt:
    """Unrealized P&L that is in a place's units at `time`, by quote token; None where it isn't known of any time."""

    time: int = 0
    units: Units | None = None


@frozen
class KnownTrades:
    """What is known of the trades at a place: all after `since`; nothing at all where `why` says why not. `profit` is
    None for a place without unrealized P&L in its units."""

    trades: tuple[Trade, ...] = ()
    since: int = 0
    why: str = ""
    profit: UnrealizedAt | None = None


@frozen
class UnexplainedStep:
    """From one snapshot of a place to its next: what is left over, by token, where it is more than fees and noise.
    It is from one to any later one where unrealized P&L between them isn't known, and then not `proven`."""

    place: Place
    after: int
    time: int
    rest: Units
    prices: Units
    proven: bool


def unexplained_steps(found: SnapshotSeries, place: Place, known: KnownTrades) -> list[UnexplainedStep]:
    """The steps of a place that the known trades leave something over of."""
    return _Path.of(found, place, known).steps()


class _Way(NamedTuple):
    """How many trades each snapshot so far has in it, and what that leaves over. The least comes first: in value, then
    in how often, then in how many trades are put elsewhere than their times say."""

    value: Decimal
    often: int
    off: int
    bounds: tuple[int, ...]


@frozen
class _Path:
    """A place through its snapshots. `units` and `prices` have one mapping for each of its `indices` of the series."""

    place: Place
    found: SnapshotSeries
    indices: Sequence[int]
    units: Sequence[Units]
    prices: Sequence[Units]
    known: KnownTrades

    @classmethod
    def of(cls, found: SnapshotSeries, place: Place, known: KnownTrades) -> "_Path":
        lines = [line for line in found.lines if line.place == place]
        indices = found.present[place]
        units = [{line.token: line.units[index] for line in lines} for index in indices]
        prices = [{line.token: line.prices[index] for line in lines} for index in indices]
        trades = tuple(sorted(known.trades, key=lambda one: one.time))
        return cls(place, found, indices, units, prices, evolve(known, trades=trades))

    def steps(self) -> list[UnexplainedStep]:
        """Those with something left over, by the way of taking fees that leaves the fewest tokens over."""
        if all(one == self.units[0] for one in self.units):
            return []
        ways = (
            [_less(trade.moved, trade.told_fee) for trade in self.known.trades],
            [_less(trade.moved, trade.taken_fee) for trade in self.known.trades],
            [trade.moved for trade in self.known.trades],
        )
        tried = [(sums, self._bounds(sums)) for sums in map(_sums, ways)]
        sums, bounds = min(tried, key=lambda one: self._left(*one))
        return [step for span in self._spans() if (step := self._step(*span, sums, bounds))]

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
                    best[k] = _Way(ZERO, 0, off, (k,))
                    continue
                changes = [
                    (self.units[at][token] - self.units[at - 1][token] - column[k], column, self.prices[at][token])
                    for token, column in columns
                ]
                ways = []
                for j, way in before.items():
                    if j <= k:
                        left = [round(abs(change + column[j]) * price, EXACT) for change, column, price in changes]
                        often = way.often + sum(map(bool, left))
                        ways.append(_Way(way.value + sum(left), often, way.off + off, (*way.bounds, k)))
                best[k] = min(ways)
        return list(min(best.values()).bounds)

    def _rest(self, at: int, before: Units, after: Units, since: int | None = None) -> dict[str, Decimal]:
        """What the change of the units to this snapshot, from the one before or `since`, is more than that of these
        sums."""
        old, new = self.units[at - 1 if since is None else since], self.units[at]
        tokens = sorted({*new, *after})
        return {
            token: new.get(token, ZERO) - old.get(token, ZERO) - after.get(token, ZERO) + before.get(token, ZERO)
            for token in tokens
        }

    def _spans(self) -> Iterator[tuple[int, int, Units | None]]:
        """From which snapshot to which what is left over is looked at, and what unrealized P&L added in between: each
        and its next, or those of which that P&L is known, and what is before and after them. Units that stay the same
        for most of such a span may not have it in them after all, or be old: there nothing is sure."""
        last = len(self.indices) - 1
        if self.known.profit is None:
            yield from ((at, at + 1, {}) for at in range(last))
            return
        profits: dict[int, Units] = {at: {} for at in range(last + 1) if self._is_flat(at)}
        if self.known.profit.units is not None and self._time(last) == self.known.profit.time:
            profits[last] = self.known.profit.units
        for first, end in pairwise(sorted({0, *profits, last})):
            steps = range(first, end)
            if end > first + 1 and 2 * sum(self.units[at] == self.units[at + 1] for at in steps) > len(steps):
                yield from ((at, at + 1, None) for at in steps)
            else:
                both = first in profits and end in profits
                yield first, end, _less(profits[end], profits[first]) if both else None

    def _is_flat(self, at: int) -> bool:
        """Whether nothing was open, whichever of the trades around it are in this snapshot."""
        if self.known.why:
            return False
        moments, time = [trade.time for trade in self.known.trades], self._time(at)
        low, high = bisect_right(moments, time - SETTLED), bisect_right(moments, time + SOON)
        return not any(trade.open for trade in self.known.trades[max(low - 1, 0) : high])

    def _step(
        self, first: int, end: int, profit: Units | None, sums: Sequence[Units], bounds: Sequence[int]
    ) -> UnexplainedStep | None:
        """What a span leaves over. Of several transfers in it that is the sum, at the time of the one most like it."""
        after, time = self._time(first), self._time(end)
        rest = _less(self._rest(end, sums[bounds[first]], sums[bounds[end]], first), profit or {})
        prices = self.prices[end]
        around = [one for one in self.known.trades if after - SETTLED < one.time <= time + SOON]
        traded = sum((times(abs(u), prices.get(t, ZERO)) for one in around for t, u in one.moved.items()), ZERO)
        held = self.known.trades[max(bounds[first] - 1, 0) : bounds[end]]
        rest = {
            token: units
            for token, units in rest.items()
            if token in prices
            and self._counts(end, token, units)
            and not -FEES * traded <= times(units, prices[token]) <= 0
            and abs(units) > _funding(held, token, time - after)
        }
        if not rest:
            return None
        if profit is None:
            return UnexplainedStep(self.place, after, time, rest, prices, proven=False)
        at = min(range(first + 1, end + 1), key=lambda at: self._unlike(at, rest))
        proven = not self.known.why and after >= self.known.since
        return UnexplainedStep(self.place, self._time(at - 1), self._time(at), rest, self.prices[at], proven)

    def _unlike(self, at: int, rest: Units) -> Decimal:
        """How far the change of the units to this snapshot is from that, in value. Of units with unrealized P&L in
        them trades hardly change anything at once."""
        changes, prices = _less(self.units[at], self.units[at - 1]), self.prices[at]
        return sum((times(abs(u), prices.get(t, ZERO)) for t, u in _less(changes, rest).items()), ZERO)

    def _time(self, at: int) -> int:
        return self.found.times[self.indices[at]]


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
