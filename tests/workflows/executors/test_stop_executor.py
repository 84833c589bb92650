"""Stopping tells whether the executor has ended, whether its orders are gone, and what position is left."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.figures import plain
from hbmcp.installation.executors.run.stop import Position
from hbmcp.paper.api.faults import EXCHANGE_DOWN, HIDDEN_ORDERS, LOST_FILLS, Crash, Cut
from hbmcp.workflows.executors.stop_executor import stop_executor
from tests.installation.scripted_installation import Script
from tests.workflows.answers import head, value
from tests.workflows.executors.executor_account import DCA, GRID, LIMIT, PERPETUAL, POSITION, desk

pytestmark = pytest.mark.anyio

STOP = "POST /executors/{executor_id}/stop"
LOOK = "GET /executors/{executor_id}"


async def test_closing_ends_it_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 60600}) as at:
        made = await at.create()
        at.after(900)
        found = await at.head("stop_executor", executor_id=made, position="close")
        record = at.executors.get(made)
        opened, closed = record.legs
        pnl = closed.quote - opened.quote - opened.fee - closed.fee
        assert found["result"] == (
            "TERMINATED: it was stopped; none of its orders rests; position of BTC-USDT on binance_perpetual: none"
        )
        assert found["net_pnl_quote"] == pnl
        assert found["net_pnl_percent"] == round(100 * pnl / opened.quote, 2)
        assert (found["bought_amount"], found["sold_amount"]) == (Decimal("0.1"), Decimal("0.1"))
        assert "still_open" not in found
        assert at.call.asked.count(STOP) == 1


async def test_keeping_leaves_the_position_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create()
        found = await at.head("stop_executor", executor_id=made, position="keep")
        assert found["result"].startswith(
            "TERMINATED: it ended, and its position was left open; none of its orders rests; "
        )
        assert found["result"].endswith("position of BTC-USDT on binance_perpetual: LONG 0.1 BTC")
        assert (found["close_type"], found["kept"]) == ("POSITION_HOLD", "LONG 0.1 BTC")
        at.trade("SELL", "0.1")
        after = await at.call.good("get_executor", executor_id=made)
        assert "still_open" not in head(after)
        assert head(after)["kept"] == "LONG 0.1 BTC"
        assert "as it was when it ended" in after
        assert "it may be closed by now: get_positions tells what is open now." in after


async def test_what_happens_with_the_position_has_to_be_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create()
        told = await at.call.good("stop_executor", executor_id=made)
        assert told.startswith("It holds LONG 0.1 BTC, and its net P&L is ")
        assert "Not stopped yet." in told
        assert "Call again with position: close" in told
        assert STOP not in at.call.asked
    async with desk(tmp_path / "grid", monkeypatch, {0: 60000, 600: 58500}) as at:
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        held = (await at.head("get_executor", executor_id=made))["position_quote"]
        assert f"It holds a position of {plain(held)} USDT, at " in await at.call.good(
            "stop_executor", executor_id=made
        )
        assert STOP not in at.call.asked


async def test_what_holds_nothing_is_stopped_without_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 59000}) as at:
        for kind, config in (("order_executor", LIMIT), ("dca_executor", {**DCA, "prices": [50000, 49000]})):
            found = await at.head("stop_executor", executor_id=await at.create(kind, **config))
            assert found["result"] == (
                "TERMINATED: it was stopped; none of its orders rests; position of BTC-USDT on binance_perpetual: none"
            )
    async with desk(tmp_path / "unread", monkeypatch, faults=[Crash("POST /trading/orders/search")]) as at:
        unread = await at.create()
        assert "It holds an amount that isn't known" in await at.call.good("stop_executor", executor_id=unread)


async def test_a_short_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("position_executor", **{**POSITION, "side": "SELL"})
        found = await at.head("get_executor", executor_id=made)
        assert found["still_open"] == "SHORT 0.1 BTC"
        assert found["stop_loss_price"] > found["sold_average"] > found["take_profit_price"]
        kept = await at.head("stop_executor", executor_id=made, position="keep")
        assert kept["result"].endswith("SHORT 0.1 BTC")


async def test_orders_that_rested_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the API's list of active orders hides them: it isn't what is asked."""
    async with desk(tmp_path, monkeypatch, faults=[HIDDEN_ORDERS]) as at:
        made = await at.create("order_executor", **LIMIT)
        assert "1 row" in await at.call.good("get_executor", executor_id=made)
        found = await at.head("stop_executor", executor_id=made, position="close")
        assert found["result"].startswith("TERMINATED: it was stopped; none of its orders rests;")
        assert [leg.status for leg in at.executors.get(made).legs] == ["CANCELLED"]


async def test_one_that_has_not_ended_in_time_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("order_executor", **LIMIT)
        found = await at.head("stop_executor", executor_id=made, position="close", wait=0)
        assert found["result"].startswith("SHUTTING_DOWN: not ended yet")
        again = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert head(again)["result"].startswith("TERMINATED")
        assert "was being stopped already" in again
        assert at.call.asked.count(STOP) == 1


async def test_a_grid_is_stopped_with_its_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 59000}) as at:
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        text = await at.call.good("get_executor", executor_id=made)
        running = head(text)
        levels = [(row["price"], row["take_profit_price"]) for row in value(text)["levels"]]
        assert levels == [(str(price), str(price * 101 // 100)) for price in (58000, 59000, 60000, 61000, 62000)]
        record = at.executors.get(made)
        # bought at 59000 and beside 60000 three times: 0.010 BTC each
        opened = [leg for leg in record.legs if leg.purpose == "open" and leg.base]
        assert len(opened) == 4
        assert running["position_quote"] == pytest.approx(sum(leg.quote for leg in opened))
        assert running["resting_to_open_quote"] == 580
        assert (running["level_count"], running["lowest_level"]) == (5, 58000)
        text = await at.call.good("stop_executor", executor_id=made, position="close")
        assert head(text)["result"] == (
            "TERMINATED: it was stopped; none of its orders rests; position of BTC-USDT on binance_perpetual: none"
        )


async def test_on_spot_its_fills_tell_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        spot = {"connector_name": "binance", "trading_pair": "BTC-USDT", "side": "BUY", "amount": "0.1"}
        made = await at.create(**spot, triple_barrier_config={"open_order_type": "MARKET"})
        found = await at.head("stop_executor", executor_id=made, position="keep")
        assert "0.1 BTC bought and not sold again, before fees" in found["result"]


async def test_one_that_has_ended_or_is_unknown_is_not_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("order_executor", **{**PERPETUAL, "amount": "0.01", "execution_strategy": "MARKET"})
        at.after(60)
        text = await at.call.bad("stop_executor", executor_id=made, position="close")
        assert "isn't running: it ended, and its position was left open" in text
        assert "close_position" in text
        assert "not found" in await at.call.bad("stop_executor", executor_id="nope", position="close")
        assert STOP not in at.call.asked


async def test_fills_that_the_order_lost_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, faults=[LOST_FILLS]) as at:
        big = {**POSITION, "amount": "1.5", "leverage": 50}
        made = await at.create("position_executor", **big)
        (leg,) = at.executors.get(made).legs
        found = await at.head("get_executor", executor_id=made)
        assert found["bought_amount"] == Decimal("1.5")
        assert found["bought_average"] == pytest.approx(leg.quote / leg.base)


async def test_an_exchange_that_is_down_is_not_an_exchange_without_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[EXCHANGE_DOWN]) as at:
        made = await at.create()
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert "position of" not in head(text)["result"]
        assert "Whether a position is left isn't known" in text
        assert "LONG 0.1 BTC" in text


@pytest.mark.parametrize("fault", [Cut(STOP, times=1), Crash(STOP, times=1)])
async def test_a_stop_without_an_answer_is_looked_at_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        made = await at.create()
        found = await at.head("stop_executor", executor_id=made, position="close")
        assert found["result"].startswith("TERMINATED: it was stopped; none of its orders rests;")
        assert at.call.asked.count(STOP) == 1


@pytest.mark.parametrize("fault", [Cut(STOP, acted=False), Crash(STOP, acted=False)])
async def test_a_stop_that_did_not_arrive_leaves_it_running_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    async with desk(tmp_path, monkeypatch, faults=[fault]) as at:
        made = await at.create()
        text = await at.call.bad("stop_executor", executor_id=made, position="close", wait=2)
        assert "still RUNNING after 2 s" in text
        assert at.call.asked.count(STOP) == 1
        assert at.executors.get(made).active


async def test_one_that_ends_while_it_is_stopped_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 57500}) as at:
        made = await at.create()
        ask = at.call.bridge._operations.ask  # the price falls between the look and the stop

        async def later(tool: Any, *rest: Any, **more: Any) -> Any:
            if tool.operation == STOP:
                at.after(900)
            return await ask(tool, *rest, **more)

        monkeypatch.setattr(at.call.bridge._operations, "ask", later)
        text = await at.call.good("stop_executor", executor_id=made, position="close")
        assert head(text)["close_type"] == "STOP_LOSS"
        assert "It ended by itself" in text


async def test_other_orders_of_the_pair_are_not_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("order_executor", **LIMIT)
        at.after(1)
        other = at.api.paper.engine.place(
            "master_account", "binance_perpetual", "BTC-USDT", "BUY", Decimal("0.01"), "LIMIT", Decimal(49000), "OPEN"
        )
        assert other.id not in await at.call.good("get_executor", executor_id=made)
        found = await at.head("stop_executor", executor_id=made, position="close")
        assert "none of its orders rests;" in found["result"]


async def test_of_a_position_that_is_kept_only_its_own_part_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.trade("BUY", "0.3")
        made = await at.create()
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert head(text)["result"].endswith(": LONG 0.4 BTC, of which this executor left 0.1")
        assert "Nothing guards what it left" in text
        assert "The other LONG 0.3 BTC isn't its own." in text
        order = {
            "account_name": "master_account",
            "connector_name": "binance_perpetual",
            "trading_pair": "BTC-USDT",
            "side": "SELL",
            "amount": 0.1,
            "order_type": "MARKET",
            "position_action": "CLOSE",
        }
        words = ", ".join(f"{name} {value}" for name, value in order.items())
        assert f"To close just its LONG 0.1 BTC: place_order with {words}." in text
        await at.call.good("submit_order", **order)
        assert at.open_position() == Decimal("0.3")


async def test_a_position_that_is_all_its_own_is_closed_by_close_position(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("position_executor", **{**POSITION, "side": "SELL"})
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert (
            "To close it: close_position with account_name master_account, connector_name binance_perpetual, " in text
        )
        assert "trading_pair BTC-USDT, side SHORT." in text
        closing = {"trading_pair": "BTC-USDT", "side": "SHORT", "connector_name": "binance_perpetual"}
        await at.call.good("close_position", account_name="master_account", **closing)
        assert at.open_position() == 0


async def test_what_only_reduced_a_short_leaves_nothing_to_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.trade("SELL", "0.3")
        made = await at.create()
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        assert head(text)["result"].endswith(": SHORT 0.2 BTC, none of it this executor's")
        assert "Its LONG 0.1 BTC has only reduced what was open the other way: SHORT 0.2 BTC is open now" in text
        assert "Nothing guards" not in text


async def test_after_closing_the_rest_of_the_position_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.trade("BUY", "0.3")
        text = await at.call.good("stop_executor", executor_id=await at.create(), position="close")
        assert head(text)["result"].endswith(": LONG 0.3 BTC, none of it this executor's")
        assert "Nothing guards" not in text


async def test_a_grid_tells_what_it_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 58500}) as at:
        at.trade("BUY", "0.3")
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        text = await at.call.good("stop_executor", executor_id=made, position="keep")
        left = plain(sum((leg.base for leg in at.executors.get(made).legs), Decimal(0)))  # none is closed yet
        assert left
        assert f"LONG {Decimal('0.3') + left:f} BTC, of which this executor left {left:f}" in head(text)["result"]
        assert f"side SELL, amount {left:f}, order_type MARKET, position_action CLOSE" in text


async def test_older_orders_of_the_pair_are_not_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        at.rest("49000")
        at.after(60)
        made = await at.create("grid_executor", **GRID)
        found = await at.head("stop_executor", executor_id=made, position="close")
        assert "; none of its orders rests;" in found["result"]
        made = await at.create("grid_executor", **GRID)
        at.after(1)
        at.rest("48000")
        text = await at.call.good("stop_executor", executor_id=made, position="close")
        assert "of the orders on BTC-USDT since it began 1 still rests" in head(text)["result"]
        assert "doesn't say which orders are this executor's" in text


@pytest.mark.parametrize(("position", "close_type"), [("close", "EARLY_STOP"), (None, "POSITION_HOLD")])
async def test_an_order_that_its_executor_forgot_is_looked_for_all_the_same(
    position: Position | None, close_type: str
) -> None:
    """The real one forgets it as soon as it is told to stop. What holds nothing is told to keep it: what fills in that
    moment isn't sold unasked."""
    row = {
        "executor_id": "Bu9z",
        "executor_type": "order_executor",
        "account_name": "master_account",
        "connector_name": "binance",
        "trading_pair": "BTC-USDT",
        "side": "BUY",
        "created_at": "2026-11-22T08:43:47.094533+00:00",
    }
    order = {
        "order_id": "x-1",
        "account_name": "master_account",
        "connector_name": "binance",
        "trading_pair": "BTC-USDT",
        "trade_type": "BUY",
        "order_type": "LIMIT",
        "amount": Decimal("0.01"),
        "price": Decimal(50000),
        "status": "OPEN",
        "filled_amount": 0,
        "average_fill_price": None,
        "fee_paid": None,
        "fee_currency": None,
        "created_at": "2026-11-22T08:43:47.080119+00:00",
        "updated_at": "2026-11-22T08:43:47.080119+00:00",
        "exchange_order_id": "8000000007",
        "error_message": None,
    }
    looks = iter(
        [
            {**row, "status": "RUNNING", "custom_info": {"order_id": "x-1"}},
            {**row, "status": "TERMINATED", "close_type": close_type, "custom_info": {"order_id": None}},
        ]
    )
    script = Script(
        {
            "get_executor_record": lambda _: next(looks),
            "submit_executor_stop": {"status": "stopping"},
            "search_orders": {"data": [order]},
            "get_trades": {"data": []},
        }
    )
    answer = await script.commit(await stop_executor(script.installation, executor_id="Bu9z", position=position))
    assert dict(script.asked)["submit_executor_stop"].json == {"keep_position": position is None}
    assert isinstance(answer.value, dict)
    assert answer.value["result"].startswith("TERMINATED: it was stopped; 1 of its orders still rests")


async def test_of_a_large_grid_the_nearest_levels_are_shown_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(tmp_path, monkeypatch) as at:
        made = await at.create("grid_executor", **{**GRID, "total_amount_quote": "30000"})
        text = await at.call.good("get_executor", executor_id=made)
        assert head(text)["level_count"] == 55
        prices = [Decimal(str(row["price"])) for row in value(text)["levels"]]
        assert len(prices) == 20
        assert min(prices) < 60000 < max(prices)
        assert "The nearest 20 of 55 levels are shown." in text
        await at.call.good("stop_executor", executor_id=made, position="close")
        ended = await at.call.good("get_executor", executor_id=made)
        assert "levels" not in value(ended)
        assert head(ended)["level_count"] == 55


async def test_each_order_of_a_grid_stands_once_at_its_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 58500}) as at:
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        text = await at.call.good("get_executor", executor_id=made)
        own = await at.call.good("get_open_orders", connector_name=GRID["connector_name"])
    levels = [row for row in value(text)["levels"] if row.get("resting")]
    resting = {row["order_id"]: (row["side"], row["price"]) for row in value(own)}
    told = {row["order_id"] for row in [*levels, *value(text).get("open_orders", [])]}
    assert told == resting.keys()
    assert levels
    for row in levels:
        side, price = resting[row["order_id"]]
        assert side == row["resting"]
        level = row["price" if side == "BUY" else "take_profit_price"]
        assert abs(Decimal(price) - Decimal(level)) <= Decimal("0.1")
    assert sum(text.count(one) for one in told) == len(told)


async def test_what_was_placed_beside_the_market_stands_at_its_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The market had passed the level when it was placed; a stranger's order on the pair is of no level."""
    async with desk(tmp_path, monkeypatch, {0: 60000}) as at:
        made = await at.create("grid_executor", **{**GRID, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.api.paper.engine.place(
            "master_account", GRID["connector_name"], "BTC-USDT", "BUY", Decimal("0.05"), "LIMIT", Decimal(59990)
        )
        text = await at.call.good("get_executor", executor_id=made)
        legs = {leg.level: leg for leg in at.executors.get(made).legs}
    rows = {row["price"]: row for row in value(text)["levels"]}
    assert [row["resting"] for row in rows.values()] == ["BUY"] * 5
    assert "resting_price" not in rows["58000"]
    assert 59000 < Decimal(str(rows["62000"]["resting_price"])) < 60000
    assert {row["order_id"] for row in rows.values()} == {leg.order_id for leg in legs.values()}
    (other,) = value(text)["open_orders"]
    assert other["price"] == "59990"


async def test_what_a_spot_grid_cant_sell_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fee was taken out of what it bought, and what that leaves isn't whole steps of the amount."""
    async with desk(tmp_path, monkeypatch, {0: 60000, 600: 58500}) as at:
        spot = {**GRID, "connector_name": "binance", "leverage": None}
        made = await at.create("grid_executor", **{**spot, "max_open_orders": 5, "max_orders_per_batch": 5})
        at.after(900)
        assert "too small for an order" not in await at.call.good("get_executor", executor_id=made)
        stopped = await at.call.good("stop_executor", executor_id=made, position="close")
        for text in (stopped, await at.call.good("get_executor", executor_id=made)):
            assert "too small for an order: up to one step of the amount of BTC a level stays in the balance" in text
