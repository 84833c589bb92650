"""The arithmetic of a period: what must hold of any series of snapshots."""

import random
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.performance.cash_flows import CashFlow
from hbmcp.installation.performance.gain_and_drawdown import Performance, performance
from hbmcp.installation.performance.snapshot_series import (
    Held,
    Place,
    Snapshot,
    SnapshotSeries,
    read_state,
    snapshot_series,
)

MINUTE = 60_000
D = Decimal
PLACES: list[Place] = [("master_account", "binance"), ("master_account", "kucoin"), ("second_account", "binance")]
TOKENS = ("BTC", "ETH", "USDT")

units = st.decimals("0", "1000000", places=8)
prices = st.none() | st.decimals("0.00000001", "100000", places=8)
held = st.dictionaries(st.sampled_from(TOKENS), st.tuples(units, prices), max_size=3)
places = st.dictionaries(st.sampled_from(PLACES), held, min_size=1, max_size=3)
times = st.lists(st.integers(0, 10_000), min_size=1, max_size=8, unique=True)


@st.composite
def many(draw: st.DrawFn) -> list[Snapshot]:
    """Snapshots of any order, from which places and prices may be missing."""
    return [Snapshot(time * MINUTE, draw(places)) for time in draw(times)]


@st.composite
def flows_of(draw: st.DrawFn, found: SnapshotSeries) -> list[CashFlow]:
    """Transfers at any of its times but the first."""
    if len(found.times) == 1:
        return []
    values = draw(st.lists(st.decimals("-1000000", "1000000", places=4), max_size=4))
    moments = [draw(st.sampled_from(found.times[1:])) for _ in values]
    return [
        CashFlow("transfer", PLACES[0], "USDT", value, value, 0, moment)
        for value, moment in zip(values, moments, strict=True)
    ]


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= D("1e-12") * max(abs(one), abs(other), D(1))


def worth(held: Held) -> Decimal:
    return sum((amount * (price or D(0)) for amount, price in held.values()), D(0))


def whole(done: Performance) -> tuple[object, ...]:
    return done.points, done.by_token, done.by_place, done.drawdown, done.return_percent


@given(many())
def test_the_change_is_that_of_all_tokens_and_that_of_all_places(snapshots: list[Snapshot]) -> None:
    done = performance(snapshot_series(snapshots), ())
    assert near(done.change, done.end.value - done.start.value)
    assert near(done.change, sum((part.change for part in done.by_token.values()), D(0)))
    assert near(done.change, sum((part.change for part in done.by_place.values()), D(0)))
    assert near(done.start.value, sum((part.start for part in done.by_token.values()), D(0)))


@given(many())
def test_a_change_comes_from_units_and_from_price(snapshots: list[Snapshot]) -> None:
    done = performance(snapshot_series(snapshots), ())
    for part in (*done.by_token.values(), *done.by_place.values()):
        assert near(part.from_units + part.from_price, part.change)


@given(st.data(), many())
def test_a_drawdown_is_a_share_and_lies_between_its_times(data: st.DataObject, snapshots: list[Snapshot]) -> None:
    found = snapshot_series(snapshots)
    fall = performance(found, data.draw(flows_of(found))).drawdown
    assert 0 <= fall.percent <= 100
    assert found.times[0] <= fall.peak <= fall.trough <= found.times[-1]
    assert (fall.peak < fall.trough) is (fall.percent > 0)


@given(many())
def test_without_transfers_drawdown_and_return_are_those_of_the_value(snapshots: list[Snapshot]) -> None:
    done = performance(snapshot_series(snapshots), ())
    values = [point.value for point in done.points]
    if all(value > 0 for value in values):
        falls = [100 * (1 - low / high) for at, low in enumerate(values) for high in values[: at + 1]]
        assert near(done.drawdown.percent, max(falls))
        assert abs(done.return_percent - 100 * (values[-1] / values[0] - 1)) <= D("1e-9") * max(values) / min(values)


@given(many(), st.randoms(use_true_random=False))
def test_the_order_of_snapshots_places_and_tokens_means_nothing(snapshots: list[Snapshot], by: random.Random) -> None:
    shuffled = []
    for one in by.sample(snapshots, len(snapshots)):
        names = by.sample(sorted(one.places), len(one.places))
        mixed = {
            name: {token: one.places[name][token] for token in by.sample(TOKENS, 3) if token in one.places[name]}
            for name in names
        }
        shuffled.append(Snapshot(one.time, mixed))
    assert snapshot_series(shuffled) == snapshot_series(snapshots)
    assert whole(performance(snapshot_series(shuffled), ())) == whole(performance(snapshot_series(snapshots), ()))


@given(st.data(), many())
def test_the_high_is_above_all_and_the_low_below(data: st.DataObject, snapshots: list[Snapshot]) -> None:
    found = snapshot_series(snapshots)
    done = performance(found, data.draw(flows_of(found)))
    assert all(done.low.value <= point.value <= done.high.value for point in done.points)
    assert {done.high, done.low} <= set(done.points)


@given(st.data(), many())
def test_what_comes_isnt_profit(data: st.DataObject, snapshots: list[Snapshot]) -> None:
    found = snapshot_series(snapshots)
    flows = data.draw(flows_of(found))
    done = performance(found, flows)
    assert near(done.transfers, sum((flow.value for flow in flows), D(0)))
    assert near(done.profit + done.transfers, done.change)


@given(st.lists(st.decimals("1", "1000", places=2), min_size=2, max_size=6))
def test_deposits_into_dollars_have_no_return_and_no_drawdown(amounts: list[Decimal]) -> None:
    snapshots = [Snapshot(at * MINUTE, {PLACES[0]: {"USDT": (amount, D(1))}}) for at, amount in enumerate(amounts)]
    found = snapshot_series(snapshots)
    flows = [
        CashFlow("transfer", PLACES[0], "USDT", new - old, new - old, at * MINUTE, (at + 1) * MINUTE)
        for at, (old, new) in enumerate(pairwise(amounts))
    ]
    done = performance(found, flows)
    assert (done.profit, done.return_percent, done.drawdown.percent) == (D(0), D(0), D(0))


@given(many())
def test_a_complete_series_is_worth_what_its_snapshots_are(snapshots: list[Snapshot]) -> None:
    """A value is the sum over the snapshot, where nothing is missing from it."""
    found = snapshot_series(snapshots)
    for point, one in zip(performance(found, ()).points, sorted(snapshots, key=lambda one: one.time), strict=True):
        if set(one.places) == set(found.present) and all(p for h in one.places.values() for _, p in h.values()):
            assert near(point.value, sum(map(worth, one.places.values()), D(0)))


def test_by_hand() -> None:
    """2 BTC rise, then one is sold at the higher price, then all falls."""
    place = PLACES[0]
    snapshots = [
        Snapshot(0, {place: {"BTC": (D(2), D(100)), "USDT": (D(50), D(1))}}),
        Snapshot(5, {place: {"BTC": (D(2), D(150)), "USDT": (D(50), D(1))}}),
        Snapshot(10, {place: {"BTC": (D(1), D(150)), "USDT": (D(200), D(1))}}),
        Snapshot(15, {place: {"BTC": (D(1), D(80)), "USDT": (D(200), D(1))}}),
        Snapshot(20, {place: {"BTC": (D(1), D(90)), "USDT": (D(200), D(1))}}),
    ]
    done = performance(snapshot_series(snapshots), ())
    assert [point.value for point in done.points] == [250, 350, 350, 280, 290]
    bitcoin, dollars = done.by_token["BTC"], done.by_token["USDT"]
    assert (bitcoin.from_price, bitcoin.from_units, bitcoin.change) == (D(40), D(-150), D(-110))
    assert (dollars.from_price, dollars.from_units, dollars.change) == (D(0), D(150), D(150))
    assert (done.drawdown.percent, done.drawdown.peak, done.drawdown.trough) == (D(20), 5, 15)
    assert (done.high.time, done.low.time) == (5, 0)
    assert done.return_percent == 16


def test_an_empty_start_divides_nothing() -> None:
    done = performance(
        snapshot_series([Snapshot(0, {PLACES[0]: {}}), Snapshot(5, {PLACES[0]: {"BTC": (D(1), D(9))}})]), ()
    )
    assert (done.change, done.return_percent, done.drawdown.percent) == (D(9), D(0), D(0))


def test_a_place_that_doesnt_answer_isnt_a_loss() -> None:
    here, there = PLACES[:2]
    one = {"USDT": (D(10), D(1))}
    found = snapshot_series([Snapshot(0, {here: one, there: one}), Snapshot(5, {here: one}), Snapshot(10, {here: one})])
    assert list(found.values) == [20, 20, 20]
    assert found.silent() == {there: 0}
    assert snapshot_series([Snapshot(0, {here: one, there: one}), Snapshot(5, {here: one})], [there]).values[-1] == 10


def test_a_missing_price_is_the_one_before_or_else_the_next() -> None:
    here = PLACES[0]
    states = [
        {"X": [{"token": "BTC", "units": 2, "price": price, "value": 0}, {"token": "NOPE", "units": 5, "price": 0}]}
        for price in (0, 100, None, 120, 0)
    ]
    found = snapshot_series(Snapshot(at, read_state({here[0]: state})) for at, state in enumerate(states))
    assert list(found.values) == [200, 200, 200, 240, 240]
    assert {line.token: line.priced for line in found.lines} == {"BTC": True, "NOPE": False}
