"""What fills explain and what they leave over, on an exchange that is simulated here."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import pytest
from attrs import evolve, frozen
from hypothesis import example, given
from hypothesis import strategies as st

from hbmcp.installation.fills.fills import Fill, Fills
from hbmcp.installation.performance.cash_flows import CashFlows, cash_flows
from hbmcp.installation.performance.gain_and_drawdown import performance
from hbmcp.installation.performance.known_trades import Funding, known_perpetual_trades, known_spot_trades
from hbmcp.installation.performance.snapshot_series import Place, Snapshot, SnapshotSeries, snapshot_series
from hbmcp.installation.performance.trade_matching import KnownTrades, UnrealizedAt

D = Decimal
HERE: Place = ("master_account", "binance")
PERPETUAL: Place = ("master_account", "binance_perpetual")
MINUTE = 60_000
EVERY = 15 * MINUTE
PRICES = {"BTC": D(100), "USDT": D(1), "BNB": D(5)}
RATE = D("0.001")

Taken = Literal["quote", "received", "coin"]


def fill(time: int, side: str, amount: Decimal, price: Decimal = PRICES["BTC"], place: Place = HERE) -> Fill:
    return Fill("x", *place, "BTC-USDT", side, amount, price, amount * price * RATE, "USDT", time)


@frozen
class Happened:
    """A fill, or a deposit, at a time."""

    time: int
    fill: Fill | None
    token: str
    units: Decimal


@st.composite
def happenings(draw: st.DrawFn) -> list[Happened]:
    """Fills of 10 to 500 USDT, and deposits of 50 to 5000."""
    found: list[Happened] = []
    for time in sorted(draw(st.lists(st.integers(30 * MINUTE, 90 * MINUTE), max_size=8))):
        if draw(st.booleans()):
            one = fill(time, draw(st.sampled_from(["BUY", "SELL"])), draw(st.decimals("0.1", "5", places=3)))
            found.append(Happened(time, one, "USDT", D(0)))
        else:
            token = draw(st.sampled_from(["BTC", "USDT"]))
            value = draw(st.decimals("50", "5000", places=2))
            found.append(Happened(time, None, token, value / PRICES[token]))
    return found


# A deposit, and a round trip whose fees could as well have been paid a snapshot before.
AT_ONCE = [
    Happened(30 * MINUTE, None, "USDT", D(50)),
    Happened(30 * MINUTE, fill(30 * MINUTE, "BUY", D("0.1")), "USDT", D(0)),
    Happened(30 * MINUTE, fill(30 * MINUTE, "SELL", D("0.1")), "USDT", D(0)),
]


def after(found: list[Happened], until: int, taken: Taken) -> dict[str, Decimal]:
    """What is held once all up to that time has happened."""
    held = {"BTC": D(1000), "USDT": D(100_000), "BNB": D(10)}
    for one in found:
        if one.time > until:
            continue
        if one.fill is None:
            held[one.token] += one.units
            continue
        sign, worth = (1 if one.fill.side == "BUY" else -1), one.fill.amount * one.fill.price
        held["BTC"] += sign * one.fill.amount
        held["USDT"] -= sign * worth
        fee = {"quote": "USDT", "received": "BTC" if sign > 0 else "USDT", "coin": "BNB"}[taken]
        held[fee] -= worth * RATE / PRICES[fee]
    return held


def watched(found: list[Happened], taken: Taken, lag: int) -> SnapshotSeries:
    """Snapshots every 15 minutes, of what was held some minutes before."""
    return snapshot_series(
        Snapshot(time, {HERE: {token: (u, PRICES[token]) for token, u in after(found, time - lag, taken).items()}})
        for time in range(0, 121 * MINUTE, EVERY)
    )


def explained(found: SnapshotSeries, fills: list[Fill], *, complete: bool = True) -> CashFlows:
    return cash_flows(found, {HERE: known_spot_trades(Fills(tuple(fills), complete))})


@given(
    happenings(),
    st.sampled_from(["quote", "received", "coin"]),
    st.integers(0, 4 * MINUTE),
    st.integers(0, 5 * MINUTE),
)
@example(AT_ONCE, "quote", 1, 0)
def test_deposits_are_told_and_trades_are_not(found: list[Happened], taken: Taken, lag: int, early: int) -> None:
    """However fees are taken, balances late and the API's times early."""
    recorded = [evolve(one.fill, time=one.time - early) for one in found if one.fill]
    over = watched(found, taken, lag)
    told = explained(over, recorded)
    deposits = sum((one.units * PRICES[one.token] for one in found), D(0))
    fees = sum((one.amount * one.price * RATE for one in recorded), D(0))
    done = performance(over, told.flows)
    assert {flow.kind for flow in told.flows} <= {"transfer"}
    assert told.outside == ()
    assert abs(done.transfers - deposits) <= fees
    assert abs(done.profit) <= fees * 2
    if taken != "coin":
        assert abs(done.transfers - deposits) < D("1e-9")


@given(happenings(), st.sampled_from(["quote", "received", "coin"]), st.integers(0, 4 * MINUTE))
def test_only_trades_is_no_transfer(found: list[Happened], taken: Taken, lag: int) -> None:
    trades = [one for one in found if one.fill]
    told = explained(watched(trades, taken, lag), [one.fill for one in trades if one.fill])
    assert told == CashFlows(())


def one_step(before: Mapping[str, Decimal], later: Mapping[str, Decimal], place: Place = HERE) -> SnapshotSeries:
    return snapshot_series(
        Snapshot(time, {place: {token: (units, PRICES[token]) for token, units in held.items()}})
        for time, held in ((0, before), (EVERY, later))
    )


def test_a_deposit_without_fills() -> None:
    found = one_step({"USDT": D(100)}, {"USDT": D(350)})
    (flow,) = explained(found, []).flows
    assert (flow.kind, flow.place, flow.token, flow.units, flow.value) == (
        "transfer",
        HERE,
        "USDT",
        D(250),
        D(250),
    )
    assert (flow.after, flow.time) == (0, EVERY)
    assert performance(found, [flow]).profit == 0


def test_a_withdrawal_of_everything() -> None:
    found = one_step({"USDT": D(100)}, {})
    (flow,) = explained(found, []).flows
    assert (flow.units, flow.value) == (D(-100), D(-100))


def test_a_trade_that_isnt_known() -> None:
    """A bot's: what left and what came are worth nearly the same."""
    told = explained(one_step({"USDT": D(1000), "BTC": D(1)}, {"USDT": D(799), "BTC": D(3)}), [])
    assert told == CashFlows((), ((HERE, EVERY),))


def test_a_trade_that_isnt_known_with_a_deposit_proves_nothing() -> None:
    told = explained(one_step({"USDT": D(1000), "BTC": D(1)}, {"USDT": D(1300), "BTC": D("0.5")}), [])
    assert {(flow.kind, flow.token, flow.value) for flow in told.flows} == {
        ("unproven", "USDT", D(300)),
        ("unproven", "BTC", D(-50)),
    }


def test_before_the_first_fill_that_the_api_gave_others_may_be_missing() -> None:
    held = [{"USDT": D(100)}, {"USDT": D(200)}, {"USDT": D(300)}]
    found = snapshot_series(
        Snapshot(at * EVERY, {HERE: {"USDT": (one["USDT"], D(1)), "BTC": (D(at // 2), D(100))}})
        for at, one in enumerate(held)
    )
    told = explained(found, [fill(EVERY, "SELL", D(0))], complete=False)
    assert [flow.kind for flow in told.flows] == ["unproven", "transfer", "transfer"]


def test_unknown_trades_prove_nothing() -> None:
    found = one_step({"USDT": D(100)}, {"USDT": D(350)})
    assert [flow.kind for flow in cash_flows(found, {HERE: KnownTrades(why="unread")}).flows] == ["unproven"]
    assert [flow.kind for flow in cash_flows(found, {}).flows] == ["unproven"]


def test_an_exchange_that_is_connected_and_another_that_goes() -> None:
    there: Place = ("master_account", "kucoin")
    one = {"USDT": (D(10), D(1))}
    found = snapshot_series(
        [Snapshot(0, {HERE: one}), Snapshot(5, {HERE: one, there: one}), Snapshot(9, {there: one})], [HERE]
    )
    told = cash_flows(found, {})
    assert [(flow.kind, flow.place, flow.value, flow.time) for flow in told.flows] == [
        ("connected", there, D(10), 5),
        ("disconnected", HERE, D(-10), 9),
    ]
    assert performance(found, told.flows).profit == 0


# perpetual exchanges


def settled(units: list[Decimal]) -> SnapshotSeries:
    return snapshot_series(Snapshot(at * EVERY, {PERPETUAL: {"USDT": (one, D(1))}}) for at, one in enumerate(units))


def perpetual(*fills: Fill, listed: Mapping[str, Decimal], funding: list[Funding] | None = None) -> KnownTrades:
    return known_perpetual_trades(Fills(fills, True), listed, funding or [])


LONG = (
    fill(20 * MINUTE, "BUY", D(2), D(100), PERPETUAL),
    fill(40 * MINUTE, "BUY", D(2), D(110), PERPETUAL),
    fill(55 * MINUTE, "SELL", D(1), D(120), PERPETUAL),
)
# Fees are 0.2, 0.22 and 0.12; what is sold for 120 cost 105.
AFTER = [D(1000), D(1000), D("999.8"), D("999.58"), D("1014.46")]


def test_realized_profit_isnt_a_deposit() -> None:
    assert cash_flows(settled(AFTER), {PERPETUAL: perpetual(*LONG, listed={"BTC-USDT": D(3)})}) == CashFlows(())


def test_a_deposit_beside_it_is() -> None:
    units = [*AFTER[:3], *(one + 500 for one in AFTER[3:])]
    (flow,) = cash_flows(settled(units), {PERPETUAL: perpetual(*LONG, listed={"BTC-USDT": D(3)})}).flows
    assert (flow.kind, flow.units, flow.time) == ("transfer", D(500), 3 * EVERY)


@pytest.mark.parametrize("listed", [{}, {"BTC-USDT": D(4)}, {"BTC-USDT": D(3), "ETH-USDT": D(1)}])
def test_a_position_that_the_fills_dont_come_to_proves_nothing(listed: dict[str, Decimal]) -> None:
    told = cash_flows(settled(AFTER), {PERPETUAL: perpetual(*LONG, listed=listed)})
    assert {flow.kind for flow in told.flows} == {"unproven"}
    assert sum(flow.value for flow in told.flows) == D("14.46")


@pytest.mark.parametrize("funding", [D("0.5"), D("-0.5")])
def test_funding_that_isnt_listed_is_no_transfer(funding: Decimal) -> None:
    """0.15 % of what is open, while nothing is traded."""
    units = [*AFTER, AFTER[4] + funding]
    assert cash_flows(settled(units), {PERPETUAL: perpetual(*LONG, listed={"BTC-USDT": D(3)})}) == CashFlows(())


def test_funding_that_is_listed_is_known_to_the_digit() -> None:
    units = [*AFTER[:4], AFTER[4] - 30]
    known = perpetual(*LONG, listed={"BTC-USDT": D(3)}, funding=[Funding(50 * MINUTE, "USDT", D(-30))])
    assert cash_flows(settled(units), {PERPETUAL: known}) == CashFlows(())


def test_a_position_that_turns_round() -> None:
    """1 long at 100 is sold with 2 more at 90, and those are bought back at 95."""
    fills = (
        fill(20 * MINUTE, "BUY", D(1), D(100), PERPETUAL),
        fill(35 * MINUTE, "SELL", D(3), D(90), PERPETUAL),
        fill(50 * MINUTE, "BUY", D(2), D(95), PERPETUAL),
    )
    free = [evolve(one, fee=D(0)) for one in fills]
    units = [D(1000), D(1000), D(1000), D(990), D(980)]
    assert cash_flows(settled(units), {PERPETUAL: perpetual(*free, listed={})}) == CashFlows(())


# perpetual exchanges whose balance contains unrealized P&L


@frozen
class Held:
    """A position from one time to another, or on, at prices that change every 15 minutes; what came, and when."""

    prices: list[Decimal]
    opened: int
    closed: int | None
    came: int
    deposit: Decimal

    def price(self, time: int) -> Decimal:
        return self.prices[time // EVERY]

    def profit(self, time: int) -> Decimal:
        """Of 2 long, realized or not."""
        if time < self.opened:
            return D(0)
        until = time if self.closed is None else min(time, self.closed)
        return 2 * (self.price(until) - self.price(self.opened))

    def equity(self, time: int) -> Decimal:
        return 1000 + self.profit(time) + (self.deposit if time >= self.came else 0)

    def explained(self, since: int, *, told: bool) -> CashFlows:
        """From snapshots since then; whether the P&L of now is told."""
        times = range(since, len(self.prices) * EVERY, EVERY)
        fills = [fill(self.opened, "BUY", D(2), self.price(self.opened), PERPETUAL)]
        if self.closed is not None:
            fills.append(fill(self.closed, "SELL", D(2), self.price(self.closed), PERPETUAL))
        listed = {"BTC-USDT": D(2)} if self.closed is None else {}
        known = perpetual(*(evolve(one, fee=D(0)) for one in fills), listed=listed)
        now = UnrealizedAt(times[-1], {"USDT": self.profit(times[-1])} if listed else {}) if told else UnrealizedAt()
        found = snapshot_series(Snapshot(time, {PERPETUAL: {"USDT": (self.equity(time), D(1))}}) for time in times)
        return cash_flows(found, {PERPETUAL: evolve(known, profit=now)})


@st.composite
def positions_held(draw: st.DrawFn, *, closed: bool) -> Held:
    """Twenty hours; opened after an hour, closed an hour before the end, and prices within a tenth."""
    prices = draw(st.lists(st.decimals("95", "105", places=2), min_size=80, max_size=80, unique=True))
    return Held(
        prices,
        opened=60 * MINUTE + draw(st.integers(1, 60)) * MINUTE,
        closed=18 * 60 * MINUTE + draw(st.integers(1, 60)) * MINUTE if closed else None,
        came=draw(st.integers(30, 19 * 60)) * MINUTE,
        deposit=draw(st.sampled_from([D(0), D(75), D(-400), D(5000)])),
    )


@given(st.booleans().flatmap(lambda closed: positions_held(closed=closed)))
def test_with_unrealized_profit_what_came_is_told_to_the_digit(held: Held) -> None:
    flows = held.explained(0, told=True).flows
    assert [(flow.kind, flow.units) for flow in flows] == ([("transfer", held.deposit)] if held.deposit else [])
    if abs(held.deposit) >= 400:  # more than any price moves
        assert flows[0].after < held.came <= flows[0].time


@given(positions_held(closed=False))
def test_unrealized_profit_that_isnt_told_is_unproven(held: Held) -> None:
    kinds = [flow.kind for flow in held.explained(0, told=False).flows]
    assert set(kinds) <= ({"unproven", "transfer"} if held.came < held.opened else {"unproven"})
    assert kinds.count("unproven") <= 1


@given(positions_held(closed=True))
def test_unrealized_profit_of_the_start_makes_one_span_unproven(held: Held) -> None:
    """From the first snapshot to the first without a position."""
    assert held.closed is not None
    unproven = [flow for flow in held.explained(3 * 60 * MINUTE, told=True).flows if flow.kind == "unproven"]
    for flow in unproven:
        assert flow.after == 3 * 60 * MINUTE
        assert flow.time >= held.closed
    assert len(unproven) <= 1


@pytest.mark.parametrize("deposit", [D(0), D(500)])
def test_a_balance_that_never_changes_has_no_unrealized_profit_in_it(deposit: Decimal) -> None:
    """As of an account whose collateral is on spot: the position has a P&L of 50, and nobody withdrew that."""
    opened = fill(20 * MINUTE, "BUY", D(2), D(100), PERPETUAL)
    known = perpetual(evolve(opened, fee=D(0)), listed={"BTC-USDT": D(2)})
    units = [*[D(1000)] * 10, *[1000 + deposit] * 10]
    profit = UnrealizedAt(19 * EVERY, {"USDT": D(50)})
    flows = cash_flows(settled(units), {PERPETUAL: evolve(known, profit=profit)}).flows
    assert [(flow.kind, flow.units) for flow in flows] == ([("unproven", deposit)] if deposit else [])
