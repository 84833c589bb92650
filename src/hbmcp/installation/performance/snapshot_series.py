"""Snapshots of a portfolio -> what each token at each place was worth at each time, without holes.

A place is an exchange of an account, (account, connector).
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import mul

from attrs import frozen

from hbmcp.installation.answer_fields import Fields, array, mapping, number, optional, text
from hummingbot_api.request import Json

Place = tuple[str, str]
Held = Mapping[str, tuple[Decimal, Decimal | None]]  # token -> its units, and its price, None where it has none

ZERO = Decimal(0)


@frozen
class Snapshot:
    """What the places that answered held at a time, in epoch milliseconds."""

    time: int
    places: Mapping[Place, Held]


@frozen
class Line:
    """One token at one place, at each time of the series. `priced` is whether it ever had a price."""

    place: Place
    token: str
    units: tuple[Decimal, ...]
    prices: tuple[Decimal, ...]
    priced: bool

    @property
    def values(self) -> tuple[Decimal, ...]:
        """Units times price."""
        return tuple(map(mul, self.units, self.prices))


@frozen
class SnapshotSeries:
    """The lines over `times`, oldest first. `present` are the indices of the times at which a place answered."""

    times: tuple[int, ...]
    lines: tuple[Line, ...]
    present: Mapping[Place, tuple[int, ...]]
    gone: frozenset[Place]

    @property
    def values(self) -> tuple[Decimal, ...]:
        """What all of it was worth at each time."""
        return tuple(sum(column, ZERO) for column in zip(*(line.values for line in self.lines), strict=True)) or (
            ZERO,
        ) * len(self.times)

    def silent(self) -> dict[Place, int]:
        """The places that didn't answer at the end, though they aren't gone, and when they last did."""
        last = len(self.times) - 1
        return {
            place: self.times[found[-1]]
            for place, found in self.present.items()
            if found[-1] != last and place not in self.gone
        }

    def moved(self) -> list[Place]:
        """The places whose units changed: those whose trades matter."""
        return sorted({line.place for line in self.lines if len(set(line.units)) > 1})


def narrow_snapshots(
    snapshots: Iterable[Snapshot], account_name: str | None, connector_name: str | None
) -> list[Snapshot]:
    """To an account and an exchange; those that have nothing of them are left out."""
    found = []
    for one in snapshots:
        places = {
            (account, connector): held
            for (account, connector), held in one.places.items()
            if account_name in (None, account) and connector_name in (None, connector)
        }
        if places:
            found.append(Snapshot(one.time, places))
    return found


def read_state(state: Json) -> dict[Place, Held]:
    """The `state` of a snapshot, or the answer of POST /portfolio/state. A price of 0 is none."""
    return {
        (account, connector): dict(rows or ())
        for account, connectors in mapping(mapping(optional(array(_token))))(state).items()
        for connector, rows in connectors.items()
    }


def _token(row: Json) -> tuple[str, tuple[Decimal, Decimal | None]]:
    fields = Fields(row)
    units = fields.needed("units", optional(number)) or ZERO
    return fields.needed("token", text), (units, fields.known("price", number) or None)


def snapshot_series(snapshots: Iterable[Snapshot], gone: Iterable[Place] = ()) -> SnapshotSeries:
    """In order of time, the holes filled.

    Before a place answered for the first time it held nothing. Where it is missing later, it holds what it held
    before; but from then on nothing if it is `gone`, that is, disconnected. A token that a place doesn't list any more
    it has none of. A price that is missing is the one before, or else the next, or else 0.
    """
    ordered = sorted(snapshots, key=lambda one: one.time)
    gone = frozenset(gone)
    present: dict[Place, list[int]] = {}
    for index, one in enumerate(ordered):
        for place in one.places:
            present.setdefault(place, []).append(index)
    lines = []
    for place, indices in sorted(present.items()):
        tokens = sorted({token for index in indices for token in ordered[index].places[place]})
        until = indices[-1] + 1 if place in gone else len(ordered)
        for token in tokens:
            units, prices = _line(ordered, place, token, until)
            lines.append(Line(place, token, units, _whole(prices), any(prices)))
    return SnapshotSeries(
        tuple(one.time for one in ordered),
        tuple(lines),
        {place: tuple(indices) for place, indices in present.items()},
        gone & present.keys(),
    )


def _line(
    ordered: Sequence[Snapshot], place: Place, token: str, until: int
) -> tuple[tuple[Decimal, ...], list[Decimal | None]]:
    units: list[Decimal] = []
    prices: list[Decimal | None] = []
    held, price = ZERO, None
    for index, one in enumerate(ordered):
        if place in one.places:
            held, price = one.places[place].get(token, (ZERO, None))
        units.append(held if index < until else ZERO)
        prices.append(price)
    return tuple(units), prices


def _whole(prices: Sequence[Decimal | None]) -> tuple[Decimal, ...]:
    last = next(filter(None, prices), ZERO)
    whole = []
    for price in prices:
        last = price or last
        whole.append(last)
    return tuple(whole)
