"""What came to the places of a portfolio and left them, other than by trades.

A trade changes the units of what is bought and sold at once, a transfer those of one token. What the known trades
between two snapshots leave over is a transfer, then, unless it looks like a trade that isn't known.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from attrs import frozen

from hbmcp.figures import times
from hbmcp.installation.performance.snapshot_series import ZERO, Place, SnapshotSeries
from hbmcp.installation.performance.trade_matching import KnownTrades, unexplained_steps

ALIKE = Decimal("0.98")  # of two values: what went out and what came in may be the two sides of one trade

Kind = Literal["transfer", "connected", "disconnected", "unproven"]


@frozen
class CashFlow:
    """Units that came to a place (or left it: negative) other than by known trades, and their value at `time`, the
    snapshot that first showed them; the one before was at `after`."""

    kind: Kind
    place: Place
    token: str
    units: Decimal
    value: Decimal
    after: int
    time: int


@frozen
class CashFlows:
    """What the trades left over. `outside` are the times at which units moved as by a trade that isn't known."""

    flows: tuple[CashFlow, ...]
    outside: tuple[tuple[Place, int], ...] = ()


def cash_flows(found: SnapshotSeries, known: Mapping[Place, KnownTrades]) -> CashFlows:
    """The flows of all places."""
    flows: list[CashFlow] = []
    outside: list[tuple[Place, int]] = []
    for place in found.present:
        flows += _bounds(found, place)
        for step in unexplained_steps(found, place, known.get(place, KnownTrades(why="its trades are not known"))):
            values = {token: times(units, step.prices[token]) for token, units in step.rest.items()}
            come = sum((value for value in values.values() if value > 0), ZERO)
            left = sum((-value for value in values.values() if value < 0), ZERO)
            if min(come, left) > ALIKE * max(come, left):
                outside.append((place, step.time))
                continue
            kind: Kind = "transfer" if step.proven and not (come and left) else "unproven"
            flows += [
                CashFlow(kind, place, token, units, values[token], step.after, step.time)
                for token, units in step.rest.items()
            ]
    return CashFlows(tuple(sorted(flows, key=lambda one: (one.time, one.place, one.token))), tuple(outside))


def _bounds(found: SnapshotSeries, place: Place) -> Iterator[CashFlow]:
    """What came with a place when it was connected, or left with it."""
    first, last = found.present[place][0], found.present[place][-1]
    for line in found.lines:
        if line.place != place:
            continue
        if first and line.units[first]:
            yield _moved("connected", found, place, line.token, line.units[first], line.prices[first], first)
        if place in found.gone and last + 1 < len(found.times) and line.units[last]:
            yield _moved("disconnected", found, place, line.token, -line.units[last], line.prices[last], last + 1)


def _moved(
    kind: Kind, found: SnapshotSeries, place: Place, token: str, units: Decimal, price: Decimal, index: int
) -> CashFlow:
    return CashFlow(kind, place, token, units, times(units, price), found.times[index - 1], found.times[index])
