"""What became of a portfolio over a period: exact arithmetic on a series of snapshots, and the flows in it.

value        of a snapshot: the sum of units x price over all tokens and places
change       value at the end - value at the start
from price   of a token: the sum, over all steps from one snapshot to the next, of units before x change of price
from units   likewise, of change of units x price after; from price + from units = change
transfers    the sum of the values of what came and left, with a place that was connected or disconnected too
profit       change - transfers
growth       of a step: (value after - its transfers) / value before; 1 where the value before is nothing
index        the product of the growths so far, 1 at the start
return       100 (index at the end - 1): time-weighted, so that neither size nor time of a transfer changes it;
             without transfers it is the change in percent
drawdown     100 (1 - index / highest index before), at its largest; from 0 to 100
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TypeVar

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.performance.cash_flows import CashFlow
from hbmcp.installation.performance.snapshot_series import ZERO, Line, Place, SnapshotSeries

K = TypeVar("K", bound=Hashable)


@frozen
class Point:
    """A value at a time, in epoch milliseconds."""

    time: int
    value: Decimal


@frozen
class ValueChange:
    """What one token, or one place, was worth, and where the change of that came from."""

    start: Decimal
    end: Decimal
    from_units: Decimal
    from_price: Decimal

    @property
    def change(self) -> Decimal:
        return self.end - self.start


@frozen
class Drawdown:
    """The largest fall of the index from a peak to a trough, in percent; the times of both."""

    percent: Decimal
    peak: int
    trough: int


@frozen
class Performance:
    """A period's figures."""

    points: tuple[Point, ...]
    by_token: dict[str, ValueChange]
    by_place: dict[Place, ValueChange]
    transfers: Decimal
    return_percent: Decimal
    drawdown: Drawdown

    @property
    def start(self) -> Point:
        return self.points[0]

    @property
    def end(self) -> Point:
        return self.points[-1]

    @property
    def high(self) -> Point:
        """The first of the highest."""
        return max(self.points, key=lambda point: point.value)

    @property
    def low(self) -> Point:
        """The first of the lowest."""
        return min(self.points, key=lambda point: point.value)

    @property
    def change(self) -> Decimal:
        return self.end.value - self.start.value

    @property
    def profit(self) -> Decimal:
        return self.change - self.transfers


def performance(found: SnapshotSeries, flows: Iterable[CashFlow]) -> Performance:
    """The figures of a series of at least one snapshot."""
    moved = [flow for flow in flows if flow.kind != "unproven"]
    points = tuple(map(Point, found.times, found.values))
    index = _index(points, moved)
    return Performance(
        points=points,
        by_token=_parts(found.lines, lambda line: line.token),
        by_place=_parts(found.lines, lambda line: line.place),
        transfers=sum((flow.value for flow in moved), ZERO),
        return_percent=100 * (index[-1] - 1),
        drawdown=_drawdown(found.times, index),
    )


def _parts(lines: Iterable[Line], key: Callable[[Line], K]) -> dict[K, ValueChange]:
    groups: dict[K, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return {name: _part(group) for name, group in groups.items()}


def _part(lines: Sequence[Line]) -> ValueChange:
    from_units = from_price = ZERO
    for line in lines:
        for (units, price), (new_units, new_price) in pairwise(zip(line.units, line.prices, strict=True)):
            from_units += (new_units - units) * new_price
            from_price += units * (new_price - price)
    return ValueChange(
        start=sum((line.values[0] for line in lines), ZERO),
        end=sum((line.values[-1] for line in lines), ZERO),
        from_units=from_units,
        from_price=from_price,
    )


def _index(points: Sequence[Point], flows: Iterable[CashFlow]) -> list[Decimal]:
    came: dict[int, Decimal] = {}
    for flow in flows:
        came[flow.time] = came.get(flow.time, ZERO) + flow.value
    index = [Decimal(1)]
    for before, after in pairwise(points):
        own = after.value - came.get(after.time, ZERO)
        growth = max(ratio(own, before.value), ZERO) if before.value > 0 else Decimal(1)
        index.append(times(index[-1], growth))
    return index


def _drawdown(moments: Sequence[int], index: Sequence[Decimal]) -> Drawdown:
    worst = Drawdown(ZERO, moments[0], moments[0])
    top, peak = index[0], moments[0]
    for moment, value in zip(moments, index, strict=True):
        if value > top:
            top, peak = value, moment
        fall = 100 * (1 - ratio(value, top)) if top else ZERO
        if fall > worst.percent:
            worst = Drawdown(fall, peak, moment)
    return worst
