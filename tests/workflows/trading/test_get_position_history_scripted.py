"""What the paper exchange can't be brought to: clocks that stand still, thousands of fills, fees in other tokens."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from hbmcp.errors import StoreError
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.workflows.trading.get_position_history import get_position_history
from tests.installation.fills.rows import (
    MARKET,
    MINUTE,
    NOW,
    PAIR,
    D,
    Row,
    buys_and_sells,
    iso,
    newest,
    order,
    page,
    paid,
    trade,
)
from tests.installation.scripted_installation import Script

pytestmark = pytest.mark.anyio


def zulu(time: int) -> str:
    """As the answer has it."""
    return iso(time).replace("+00:00", "Z")


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
    answer: Answer = await get_position_history(Installation(script, store, False), start_time="2020-01-01")
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


async def test_pages_are_put_together_by_time() -> None:
    trades, orders = buys_and_sells(2501)
    found, totals, notes, script = await told(
        newest(trades, "timestamp"), newest(orders, "created_at"), [position("BOTH", "1")]
    )
    assert script.names.count("get_trades") == script.names.count("search_orders") == 3
    assert (len(found), totals["closed"], totals["realized_pnl"]) == (50, 1250, 1250)
    first = f"{min(row['timestamp'] for row in trades)[:19]}Z"
    assert notes == (
        "The newest 50 of 1250; the totals are of all. Window: 2020-01-01T00:00:00Z until now; fills are recorded "
        f"since {first}. Funding isn't recorded, and not in net_pnl."
    )


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
