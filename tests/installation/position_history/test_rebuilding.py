"""Positions rebuilt from fills, held to a reference that knows nothing but lots of one unit.

The reference keeps a queue of lots: what a fill trades it trades lot by lot, against the oldest one of the other side
or as a new one. A position ends when the queue is empty, and its P&L is what its lots' cash came to.
"""

from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import pytest
from attrs import define, evolve, field, frozen
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.position_history.history import market_histories
from hbmcp.installation.position_history.reading import ListedPositions, TradingRecord
from hbmcp.installation.position_history.rebuilding import RoundTrips, held_before, rebuild
from hbmcp.installation.position_history.round_trip import RoundTrip, Side

D = Decimal
UNIT = D("0.001")
SECOND = 1000
BEGIN = 1_795_337_000_000
NOTHING = {"LONG": D(0), "SHORT": D(0)}


@frozen
class Trade:
    """So many units bought (above 0) or sold, at this price, in cents; for this position in hedge mode."""

    units: int
    cents: int
    side: Side = "LONG"

    @property
    def opens(self) -> bool:
        return (self.units > 0) == (self.side == "LONG")


trades = st.builds(
    Trade,
    st.integers(-6, 6).filter(bool),
    st.integers(1, 10_000_000),
    st.sampled_from(["LONG", "SHORT"]),
)


def fill(number: int, trade: Trade, pair: str = "BTC-USDT") -> Fill:
    amount, price = abs(trade.units) * UNIT, trade.cents * D("0.01")
    return Fill(
        order_id=f"order{number}",
        account="main",
        connector="binance_perpetual",
        pair=pair,
        side="BUY" if trade.units > 0 else "SELL",
        amount=amount,
        price=price,
        fee=abs(trade.units) * D("0.03"),
        fee_currency="USDT",
        time=BEGIN + number * SECOND,
    )


def fills_of(many: Iterable[Trade]) -> list[Fill]:
    return [fill(number, trade) for number, trade in enumerate(many)]


@define
class Lots:
    """A position as a queue of lots: +1 and -1 units with the cash that each brought (below 0: cost)."""

    side: Side
    opened: int
    queue: deque[Fraction] = field(factory=deque)
    largest: int = 0
    units_in: int = 0
    units_out: int = 0
    cash: Fraction = Fraction(0)
    cash_in: Fraction = Fraction(0)
    fifo: Fraction = Fraction(0)
    closed: int | None = None


def reference(many: Iterable[Fill]) -> tuple[list[Lots], Lots | None]:
    """The positions that were closed, and the one that is open, of fills in one-way mode."""
    done: list[Lots] = []
    now: Lots | None = None
    for one in many:
        sign = 1 if one.side == "BUY" else -1
        for _ in range(int(one.amount / UNIT)):
            cash = -sign * Fraction(one.price) * Fraction(UNIT)
            if now is None:
                now = Lots("LONG" if sign > 0 else "SHORT", one.time)
            now.cash += cash
            if (now.side == "LONG") == (sign > 0):
                now.queue.append(cash)
                now.units_in += 1
                now.cash_in += cash
                now.largest = max(now.largest, len(now.queue))
            else:
                now.units_out += 1
                now.fifo += now.queue.popleft() + cash
                if not now.queue:
                    now.closed = one.time
                    done.append(now)
                    now = None
    return done, now


def same(ours: RoundTrip, theirs: Lots) -> None:
    """Whether a closed round is what the lots say."""
    assert (ours.side, ours.opened, ours.closed) == (theirs.side, theirs.opened, theirs.closed)
    assert ours.largest == theirs.largest * UNIT
    assert ours.entered == ours.exited == theirs.units_in * UNIT == theirs.units_out * UNIT
    assert Fraction(ours.realized) == theirs.cash == theirs.fifo
    assert ours.fees == ours.fees_of_closed == {"USDT": D("0.03") * (theirs.units_in + theirs.units_out)}
    average = abs(theirs.cash_in) / (theirs.units_in * Fraction(UNIT))
    assert abs(Fraction(ours.entry) - average) < Fraction(1, 10**30)


@given(st.lists(trades, max_size=40))
def test_one_way_rounds_are_those_of_the_lots(many: list[Trade]) -> None:
    found, (done, now) = rebuild(fills_of(many)), reference(fills_of(many))
    assert len(found.closed) == len(done)
    for ours, theirs in zip(found.closed, done, strict=True):
        same(ours, theirs)
    assert {side: one.held for side, one in found.open.items()} == ({now.side: len(now.queue) * UNIT} if now else {})
    assert not found.unproved
    assert not found.excess


@given(st.lists(trades, max_size=30))
def test_what_was_realized_of_an_open_position_is_by_average_cost(many: list[Trade]) -> None:
    """Held amount and average entry price in fractions, as an exchange keeps them."""
    held, entry, realized = Fraction(0), Fraction(0), Fraction(0)
    for trade in many:
        price = Fraction(trade.cents, 100)
        if held * trade.units >= 0:
            entry = (abs(held) * entry + abs(trade.units) * price) / (abs(held) + abs(trade.units))
            realized = realized if held else Fraction(0)
            held += trade.units
        else:
            part = min(abs(held), Fraction(abs(trade.units)))
            realized += part * (price - entry) * (1 if held > 0 else -1)
            rest = held + trade.units
            if not rest or rest * held < 0:
                entry, realized = price, Fraction(0)
            held = rest
    rounds = rebuild(fills_of(many))
    ours = next(iter(rounds.open.values()), RoundTrip("LONG", 0))
    assert abs(Fraction(ours.realized) - realized * Fraction(UNIT)) < Fraction(1, 10**30)
    assert abs(Fraction(ours.cost) - abs(held) * Fraction(UNIT) * entry) < Fraction(1, 10**30)
    # Each unit pays the same, so what is held has paid for its units, whatever was bought and sold before.
    kept = Fraction(ours.fees_of_held.get("USDT", D(0)))
    assert abs(kept - Fraction(3, 100) * abs(held)) < Fraction(1, 10**30)


def hedged(many: Iterable[Trade], number: int = 0) -> tuple[list[Fill], dict[str, str]]:
    """What can be traded of this in hedge mode, where nobody closes more than is held, and the orders' actions."""
    held: dict[Side, int] = {"LONG": 0, "SHORT": 0}
    kept, actions = [], {}
    for trade in many:
        size = abs(trade.units) if trade.opens else min(abs(trade.units), held[trade.side])
        if size:
            held[trade.side] += size if trade.opens else -size
            kept.append(fill(number, evolve(trade, units=size if trade.units > 0 else -size)))
            actions[f"order{number}"] = "OPEN" if trade.opens else "CLOSE"
            number += 1
    return kept, actions


@given(st.lists(trades, max_size=40))
def test_in_hedge_mode_each_side_is_a_market_of_its_own(many: list[Trade]) -> None:
    found, actions = hedged(many)
    rounds = rebuild(found, hedge=True, actions=actions)
    assert rounds.excess == []
    for side in ("LONG", "SHORT"):
        own = [one for one in found if (one.side == "BUY") == ((side == "LONG") == (actions[one.order_id] == "OPEN"))]
        done, now = reference(own)
        mine = [one for one in rounds.closed if one.side == side]
        assert len(mine) == len(done)
        for ours, theirs in zip(mine, done, strict=True):
            same(ours, theirs)
        assert rounds.held("LONG" if side == "LONG" else "SHORT") == (len(now.queue) * UNIT if now else 0)


@given(st.lists(trades, max_size=30), st.integers(0, 30))
def test_later_fills_alone_prove_the_positions_that_begin_in_them(many: list[Trade], cut: int) -> None:
    """With what is held at the end, what was held before them follows, and all that isn't cut in two."""
    every = fills_of(many)
    whole, earlier, later = rebuild(every), rebuild(every[:cut]), every[cut:]
    start = held_before(later, {side: one.held for side, one in whole.open.items()}, hedge=False, actions={})
    assert start == {"LONG": earlier.held("LONG"), "SHORT": earlier.held("SHORT")}
    part = rebuild(later, before=start)
    since = BEGIN + cut * SECOND
    assert part.closed == [one for one in whole.closed if one.opened >= since]
    assert {side: one.held for side, one in part.open.items()} == {side: one.held for side, one in whole.open.items()}


@given(st.lists(trades, max_size=30), st.integers(0, 30))
def test_later_fills_in_hedge_mode(many: list[Trade], cut: int) -> None:
    every, actions = hedged(many)
    whole, earlier = (rebuild(some, hedge=True, actions=actions) for some in (every, every[:cut]))
    now = {side: one.held for side, one in whole.open.items()}
    start = held_before(every[cut:], now, hedge=True, actions=actions)
    assert start == {"LONG": earlier.held("LONG"), "SHORT": earlier.held("SHORT")}
    part = rebuild(every[cut:], hedge=True, actions=actions, before=start)
    begin = every[cut].time if cut < len(every) else BEGIN * 2
    assert part.closed == [one for one in whole.closed if one.opened >= begin]


def one_way(many: Iterable[Trade], number: int, choose: st.DataObject) -> tuple[list[Fill], dict[str, str]]:
    """Orders of one-way mode, where OPEN may close and flip, and CLOSE only closes."""
    held, fills, actions = 0, [], {}
    for trade in many:
        closes = held * trade.units < 0 and abs(trade.units) <= abs(held) and choose.draw(st.booleans())
        held += trade.units
        fills.append(fill(number, trade))
        actions[f"order{number}"] = "CLOSE" if closes else "OPEN"
        number += 1
    return fills, actions


def flattening(fills: list[Fill], rounds: RoundTrips, actions: dict[str, str], choose: st.DataObject) -> None:
    """The orders that close what is open; in one-way mode they may be OPEN ones."""
    for side in rounds.open:
        number = len(actions)
        amount = int(rounds.held(side) / UNIT)
        fills.append(fill(number, Trade(-amount if side == "LONG" else amount, 5000)))
        actions[f"order{number}"] = "CLOSE" if rounds.hedge else choose.draw(st.sampled_from(["OPEN", "CLOSE"]))


@pytest.mark.parametrize("complete", [True, False])
@given(st.lists(st.tuples(st.booleans(), st.lists(trades, min_size=1, max_size=8)), min_size=1, max_size=5), st.data())
def test_stretches_of_both_modes_are_read_each_in_its_own(
    complete: bool,
    many: list[tuple[bool, list[Trade]]],
    data: st.DataObject,
) -> None:
    """The mode is switched only while nothing is held; the last stretch may leave something open."""
    every: list[Fill] = []
    actions: dict[str, str] = {}
    expected: list[RoundTrip] = []
    held: dict[Side, Decimal] = {}
    for number, (hedge, part) in enumerate(many):
        traded, did = hedged(part, len(every)) if hedge else one_way(part, len(every), data)
        actions |= did
        rounds = rebuild(traded, hedge=hedge, actions=actions)
        rounds.hedge = hedge
        if number < len(many) - 1 or data.draw(st.booleans()):
            flattening(traded, rounds, actions, data)
            rounds = rebuild(traded, hedge=hedge, actions=actions)
            assert not rounds.open
        assert not rounds.excess
        expected += rounds.closed
        held = {side: one.held for side, one in rounds.open.items()}
        every += traded
    market, modes = ("main", "binance_perpetual", "BTC-USDT"), {("main", "binance_perpetual"): many[-1][0]}
    listing = ListedPositions({market: held}, frozenset([market[:2]]))
    for one in market_histories(TradingRecord(tuple(every), complete, {}, modes, actions, listing, None, ())):
        assert one.rounds is not None
        assert one.rounds.closed == expected
        assert {side: one.held for side, one in one.rounds.open.items()} == held
        assert not one.rounds.excess
        assert not one.disagreement
        assert not one.untold


@given(st.lists(st.tuples(st.sampled_from(["BTC-USDT", "ETH-USDT", "SOL-USDC"]), trades), max_size=40), st.data())
def test_markets_keep_apart_however_the_fills_come(many: list[tuple[str, Trade]], data: st.DataObject) -> None:
    every = [fill(number, trade, pair) for number, (pair, trade) in enumerate(many)]
    mixed = data.draw(st.permutations(every))
    record = TradingRecord(tuple(mixed), True, {}, {}, {}, None, None, ())
    found = {one.pair: one.rounds for one in market_histories(record)}
    assert set(found) == {one.pair for one in every}
    for pair, rounds in found.items():
        assert rounds == rebuild(one for one in every if one.pair == pair)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
def test_sums_of_floating_point_numbers_come_to_nothing(parts: list[int]) -> None:
    """The exchange closes the sum as a machine adds it."""
    opened = [D(repr(part / 1e5)) for part in parts]
    closed = D(repr(sum(part / 1e5 for part in parts)))
    bought = [evolve(fill(number, Trade(1, 5000)), amount=amount) for number, amount in enumerate(opened)]
    sold = evolve(fill(len(parts), Trade(-1, 6000)), amount=closed)
    rounds = rebuild([*bought, sold])
    assert (len(rounds.closed), rounds.open) == (1, {})
    assert abs(rounds.closed[0].realized - sum(opened) * 10) < D("1e-4")
    assert held_before(bought, {"LONG": closed}, hedge=False, actions={}) == NOTHING


def test_dust_keeps_a_position_open() -> None:
    held = [fill(0, Trade(1000, 5000)), fill(1, Trade(-999, 6000))]
    rounds = rebuild(held)
    assert (rounds.closed, rounds.held("LONG")) == ([], UNIT)
    rounds = rebuild([*held, fill(2, Trade(5, 7000)), fill(3, Trade(-6, 7000))])
    (one,) = rounds.closed
    assert (one.largest, one.exited) == (D(1), D("1.005"))
    assert (one.opened, one.closed) == (BEGIN, BEGIN + 3 * SECOND)


def test_a_close_never_opens() -> None:
    """SELL CLOSE with nothing held: what it closed is older than the fills."""
    known: dict[str, str] = {"order0": "CLOSE", "order1": "OPEN"}
    rounds = rebuild([fill(0, Trade(-5, 5000)), fill(1, Trade(5, 5000))], actions=known)
    assert (rounds.closed, rounds.held("LONG")) == ([], 5 * UNIT)
    assert [one.amount for one in rounds.excess] == [5 * UNIT]


@pytest.mark.parametrize("action", ["OPEN", None])
def test_a_flip_ends_one_round_and_begins_another(action: Literal["OPEN"] | None) -> None:
    many = [fill(0, Trade(2, 10_000)), fill(1, Trade(-5, 11_000)), fill(2, Trade(3, 10_500))]
    rounds = rebuild(many, actions={one.order_id: action for one in many if action})
    long, short = rounds.closed
    assert (long.side, long.realized, long.fees) == ("LONG", D("0.02"), {"USDT": D("0.12")})  # 0.06 + 2/5 of 0.15
    assert (short.side, short.realized, short.fees) == ("SHORT", D("0.015"), {"USDT": D("0.18")})
    assert long.closed == short.opened == many[1].time


def test_what_was_held_before_isnt_guessed() -> None:
    unknown = [fill(0, Trade(-5, 5000))]
    assert held_before(unknown, {"SHORT": 5 * UNIT}, hedge=True, actions={}) is None
    assert held_before(unknown, {"SHORT": 5 * UNIT}, hedge=True, actions={"order0": "OPEN"}) == NOTHING
    closed_more = [fill(0, Trade(5, 5000))]
    assert held_before(closed_more, {}, hedge=True, actions={"order0": "OPEN"}) is None  # opened, and nothing is held


def test_a_position_that_isnt_whole_is_not_shown() -> None:
    rounds = rebuild(
        [fill(0, Trade(-5, 5000)), fill(1, Trade(2, 5000)), fill(2, Trade(-2, 5000))], before={"LONG": 5 * UNIT}
    )
    assert isinstance(rounds, RoundTrips)
    assert [one.whole for one in rounds.unproved] == [False]
    assert [(one.side, one.largest) for one in rounds.closed] == [("LONG", 2 * UNIT)]
