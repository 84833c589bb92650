"""What the paper exchange can't be brought to: clocks that stand still, thousands of fills, fees in other tokens."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hbmcp.errors import StoreError
from hbmcp.installation.fills.chronology import OrderTimes, chronological
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.fills.pagination import all_fills
from hbmcp.installation.installation import Installation
from hbmcp.installation.position_history.funding_payments import FundingPayment, assign_funding
from hbmcp.installation.position_history.round_trip import RoundTrip
from hbmcp.results.answer import Answer
from hbmcp.workflows.trading.get_position_history import get_position_history
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio

D = Decimal
ME, PERP, PAIR = "main", "binance_perpetual", "BTC-USDT"
NOW = 1_795_337_000_000
MINUTE = 60_000
Row = dict[str, Any]
MARKET = {"account_name": ME, "connector_name": PERP, "trading_pair": PAIR}


def iso(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def zulu(time: int) -> str:
    """As the answer has it."""
    return iso(time).replace("+00:00", "Z")


def trade(number: int, side: str, amount: str, price: int, time: int, **changes: Any) -> Row:
    return {
        "trade_id": f"{number}_1",
        "order_id": f"{side}{number}",
        **MARKET,
        "trade_type": side,
        "amount": D(amount),
        "price": D(price),
        "fee_paid": D(1),
        "fee_currency": "USDT",
        "timestamp": iso(time),
        **changes,
    }


def order(number: int, side: str, created: int, updated: int, status: str = "FILLED") -> Row:
    return {
        "order_id": f"{side}{number}",
        **MARKET,
        "status": status,
        "created_at": iso(created),
        "updated_at": iso(updated),
    }


def page(rows: Iterable[Row], limit: int = 1000) -> Row:
    return {"data": list(rows)[:limit], "pagination": {}}


def position(side: str, amount: str, pair: str = PAIR) -> Row:
    figures = {"amount": D(amount), "entry_price": D(100), "unrealized_pnl": D(0), "leverage": D(1)}
    return {**MARKET, "trading_pair": pair, "side": side, **figures}


class NoStore:
    async def sent_orders(self) -> Any:
        raise StoreError("The store can't be used.")


async def told(
    trades: Callable[[Any], Row] | list[Row],
    orders: Callable[[Any], Row] | Iterable[Row] = (),
    positions: Iterable[Row] = (),
    mode: str = "ONEWAY",
    payments: Iterable[Row] = (),
) -> tuple[list[Row], Row, str, Script]:
    """Rows, totals of USDT, notes, and what was asked; the store is broken."""
    script = Script(
        {
            "get_trades": trades if callable(trades) else page(trades),
            "search_orders": orders if callable(orders) else page(orders),
            "list_positions": page(positions),
            "get_position_mode": {"position_mode": mode},
            "get_funding_payments": page(payments),
        }
    )
    store: Any = NoStore()
    answer: Answer = await get_position_history(Installation(script, lambda: store, False), start_time="2020-01-01")
    value: Any = answer.value if isinstance(answer.value, dict) else {"positions": [], "totals": {"USDT": {}}}
    return value["positions"], value["totals"]["USDT"], " ".join(answer.notes), script


async def test_fills_of_one_recorded_time_are_put_in_order_by_their_orders() -> None:
    """The connector's clock stood still from opening to closing, and the API sorts such fills by their ids' letters."""
    opened, closed = NOW + 20_000, NOW + 4 * MINUTE
    rows = [trade(2, "SELL", "0.05", 104_644, NOW), trade(1, "BUY", "0.05", 103_102, NOW)]
    orders = [order(2, "SELL", closed, closed + 80), order(1, "BUY", opened, opened + 80)]
    (one,), totals, notes, _ = await told(rows, orders)
    assert (one["side"], one["opened_at"], one["closed_at"]) == ("LONG", zulu(opened), zulu(closed))
    assert totals["realized_pnl"] == D("77.1")
    assert "Times" not in notes

    (one,), _, notes, _ = await told(rows)  # nothing is known of the orders
    assert one["opened_at"] == one["closed_at"] == zulu(NOW)
    assert "1 position can be wrong: the order of fills of one recorded time isn't known." in notes
    assert "Times of 1 position can be up to five minutes early." in notes


async def test_one_unknown_order_puts_all_of_that_time_in_doubt() -> None:
    rows = [trade(number, "SELL" if number % 2 else "BUY", "1", 100, NOW) for number in range(4)]
    orders = [order(number, "SELL" if number % 2 else "BUY", NOW + number, NOW + number) for number in (3, 2, 1)]
    found, _, notes, _ = await told(rows, orders)
    assert [row["side"] for row in found] == ["LONG", "LONG"]
    assert "2 positions can be wrong: the order of fills of one recorded time isn't known." in notes


async def test_a_limit_order_is_filled_when_it_was_last_changed() -> None:
    """The sell rested from before the buy, and was filled after it."""
    rows = [trade(1, "SELL", "0.05", 104_644, NOW), trade(2, "BUY", "0.05", 103_102, NOW)]
    orders = [order(2, "BUY", NOW + MINUTE, NOW + MINUTE), order(1, "SELL", NOW - 60 * MINUTE, NOW + 3 * MINUTE)]
    (one,), _, _, _ = await told(rows, orders)
    assert (one["side"], one["opened_at"], one["closed_at"]) == ("LONG", zulu(NOW + MINUTE), zulu(NOW + 3 * MINUTE))


TOGETHER = 7


def moment(number: int) -> int:
    """The true time of a fill."""
    return NOW + number * 10_000


def buys_and_sells(count: int) -> tuple[list[Row], list[Row]]:
    """Trades and their orders, buys and sells by turns, newest first. Always seven trades have one recorded time."""
    sides = ["SELL" if number % 2 else "BUY" for number in range(count)]
    trades = [
        trade(number, side, "1", 101 if number % 2 else 100, moment(number // TOGETHER * TOGETHER))
        for number, side in enumerate(sides)
    ]
    orders = [order(number, side, moment(number), moment(number)) for number, side in enumerate(sides)]
    return sorted(trades, key=lambda row: (row["timestamp"], row["trade_id"]), reverse=True), orders[::-1]


def newest(rows: list[Row], time: str) -> Callable[[Any], Row]:
    """As the API answers: the newest rows of the period, up to the limit."""

    def answer(request: Any) -> Row:
        end = iso(request.json.get("end_time") or NOW * 2)
        return page((row for row in rows if row[time] <= end), request.json["limit"])

    return answer


async def test_pages_are_put_together_by_time() -> None:
    trades, orders = buys_and_sells(2501)
    found, totals, notes, script = await told(
        newest(trades, "timestamp"), newest(orders, "created_at"), [position("BOTH", "1")]
    )
    assert script.names.count("get_trades") == script.names.count("search_orders") == 3
    assert (len(found), totals["closed"], totals["realized_pnl"]) == (50, 1250, 1250)
    assert notes == "The newest 50 of 1250; the totals are of all. Funding isn't recorded, and not in net_pnl."


async def test_no_fill_is_lost_or_doubled_where_pages_meet() -> None:
    """Times finer than a millisecond, several to each."""
    times = [datetime.fromtimestamp(NOW // 1000, UTC) + timedelta(microseconds=number * 330) for number in range(2500)]
    rows = [trade(number, "BUY", "1", 1, 0, timestamp=time.isoformat()) for number, time in enumerate(times)][::-1]

    def answer(request: Any) -> Row:
        end = datetime.fromtimestamp((request.json.get("end_time") or NOW * 2) / 1000, UTC)
        return page(row for row in rows if datetime.fromisoformat(row["timestamp"]) <= end)

    installation = Script({"get_trades": answer}).installation
    found = await all_fills(installation, None, None, None)
    assert found.complete
    assert sorted(one.order_id for one in found.rows) == sorted(row["order_id"] for row in rows)


@pytest.mark.parametrize("count", [7000, 7001, 7006])
@pytest.mark.parametrize("answers", [True, False])
async def test_what_fills_dont_reach_back_to_is_told_by_the_open_position(count: int, *, answers: bool) -> None:
    """What the exchange lists proves what was held before them; that it lists nothing proves nothing."""
    trades, orders = buys_and_sells(count)
    listed = [position("BOTH", "1")] if count % 2 else [position("BOTH", "1", "ETH-USDT")]
    found, totals, notes, script = await told(
        newest(trades, "timestamp"), newest(orders, "created_at"), listed if answers else []
    )
    assert script.names.count("get_trades") == 5
    (read,) = [int(word) for word in notes.split() if word.isdigit() and 4900 < int(word) < 5000]
    begins_with_sell = (count - read) % 2
    if answers:
        assert totals["closed"] == totals["realized_pnl"] == (read - begins_with_sell) // 2
        assert {row["side"] for row in found} == {"LONG"}
        assert "Left out" not in notes
    elif read % 2:
        assert found == []
        assert "Left out, because what was held before those fills isn't known" in notes
    else:
        assert "taken for flat before those fills" in notes


async def test_fees_in_other_currencies_are_said_apart() -> None:
    rows = [
        trade(3, "SELL", "1", 110, NOW, fee_paid=D("0.5")),
        trade(2, "BUY", "0.5", 100, NOW - MINUTE, fee_paid=D(0), fee_currency=None),
        trade(1, "BUY", "0.5", 100, NOW - 2 * MINUTE, fee_paid=D("0.001"), fee_currency="BNB"),
    ]
    (one,), totals, notes, _ = await told(rows)
    assert (one["fees"], one["other_currencies"], one["net_pnl"]) == (D("0.5"), "-0.001 BNB", D("9.5"))
    assert totals["other_currencies"] == "-0.001 BNB"
    assert "The fee of 1 fill isn't recorded, and not in net_pnl." in notes


def paid(time: int, amount: int, rate: str = "0.0001", **changes: Any) -> Row:
    figures = {"funding_payment": amount, "funding_rate": D(rate), "fee_currency": "USDT", "timestamp": iso(time)}
    return {**MARKET, **figures, **changes}


async def test_funding_that_is_recorded_of_some_only() -> None:
    """A page of 1,000 payments, after a position began; and another exchange, of which none is recorded."""
    okx = {"connector_name": "okx_perpetual"}
    rows = [
        trade(4, "SELL", "1", 110, NOW, **okx),
        trade(3, "BUY", "1", 100, NOW - 1000, **okx),
        trade(2, "SELL", "1", 110, NOW),
        trade(1, "BUY", "1", 100, NOW - 2000 * MINUTE),
    ]
    found, totals, notes, _ = await told(rows, payments=[paid(NOW - number * MINUTE, -1) for number in range(1000)])
    assert [row["funding"] for row in found] == [None, -1000]
    assert (totals["funding"], totals["net_pnl"]) == (-1000, 10 + 10 - 4 - 1000)
    assert "Funding of 1 position isn't recorded, and not in net_pnl." in notes
    assert "Only the latest 1,000 funding payments could be read" in notes


async def test_without_a_store_hedge_mode_is_said_to_be_guessed() -> None:
    rows = [trade(2, "SELL", "1", 110, NOW), trade(1, "BUY", "1", 100, NOW - MINUTE)]
    listed = [position("LONG", "1"), position("SHORT", "-1")]
    _, _, notes, _ = await told(rows, positions=listed, mode="HEDGE")
    assert "2 fills don't tell whether they opened or closed" in notes
    assert "open by its fills none, by the exchange LONG 1, SHORT 1" in notes
    assert "doesn't answer" not in notes


def test_funding_after_an_end_that_is_recorded_too_early() -> None:
    first, second = RoundTrip("LONG", NOW, closed=NOW + 10 * MINUTE), RoundTrip("LONG", NOW + 60 * MINUTE)

    payments = [
        paid(NOW, -1),  # at its beginning: not its own
        paid(NOW + 10 * MINUTE, -2),
        paid(NOW + 13 * MINUTE, -4),
        paid(NOW + 16 * MINUTE, -8),  # nobody's
        paid(NOW + 70 * MINUTE, -16),
        paid(NOW + 71 * MINUTE, 32),  # a short's
        paid(NOW + 72 * MINUTE, 64, "-0.0001"),
    ]
    assign_funding(map(FundingPayment.from_row, payments), [first, second])
    assert (first.funding, second.funding) == ({"USDT": D(-6)}, {"USDT": D(48)})


@given(
    st.lists(
        st.tuples(st.just(0) | st.integers(1, 600), st.booleans(), st.sampled_from(["FILLED", "CANCELLED"])),
        max_size=25,
    ),
    st.integers(1, 300),
    st.randoms(),
)
def test_a_clock_that_is_set_now_and_then_hides_no_order(
    steps: list[tuple[int, bool, str]], every: int, shuffle: Any
) -> None:
    """Market orders at true times; the fills' recorded times are those of the last time the clock was set."""
    time, true, fills, orders = NOW, [], [], []
    for number, (seconds, buys, status) in enumerate(steps):
        time += seconds * 1000
        recorded = NOW + (time - NOW) // (every * 1000) * every * 1000
        side = "BUY" if buys else "SELL"
        fills.append(Fill.from_row(trade(number, side, "1", 100, recorded)))
        orders.append(order(number, side, time, time, status))
        true.append(time)
    shuffle.shuffle(fills)
    found = chronological(fills, OrderTimes.from_rows(reversed(orders)))
    assert [one.time for one in found.fills] == true
    assert [one.order_id for one in found.fills] == [row["order_id"] for row in orders]
    assert not found.unsure
    assert not found.tied


def test_an_order_that_was_changed_long_after_its_fill() -> None:
    """Recorded times that differ are in order, whatever the orders' are."""
    rows = [trade(1, "BUY", "1", 100, NOW), trade(2, "SELL", "1", 100, NOW + MINUTE)]
    orders = [order(2, "SELL", NOW + MINUTE, NOW + MINUTE), order(1, "BUY", NOW, NOW + 60 * MINUTE)]
    found = chronological([Fill.from_row(row) for row in reversed(rows)], OrderTimes.from_rows(orders))
    assert [(one.side, one.time) for one in found.fills] == [("BUY", NOW + MINUTE), ("SELL", NOW + MINUTE)]
