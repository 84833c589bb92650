"""What the tools arm, fires: from the call that sets it to the order."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.watch.watcher import Watcher
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.scripted_faults import failing
from tests.paper.spot_account import rest
from tests.watch.watched import PAIR, SPOT, Watched, watched
from tests.workflows.answers import head

pytestmark = pytest.mark.anyio

WAITS = {"connector_name": "binance_perpetual", "trading_pair": PAIR, "side": "BUY", "leverage": 10, "amount": "0.01"}
WAITS |= {"execution_strategy": "LIMIT", "price": "40000"}
BUY = {"then": "place_order", "arguments": {"side": "BUY", "amount": 0.1, "order_type": "MARKET"}}


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


async def test_buy_when_the_price_drops(one: Watched) -> None:
    await one.call.good("create_trigger", **SPOT, below="45000", **BUY)
    await one.rounds(2, price=45_100)
    assert one.orders() == []
    await one.rounds(3, price=44_990)
    assert one.orders() == [("binance", "BUY", "0.1", "FILLED")]
    told = await one.call.good("get_trigger", id=1)
    assert one.api.paper.engine.orders()[0].id in told
    assert "FILLED" in told


@pytest.mark.parametrize("exchange", ["binance", "binance_perpetual"])
async def test_coins_are_sold_however_far_it_fell(one: Watched, exchange: str) -> None:
    """Where a SELL opens a short it waits."""
    sell = {"then": "place_order", "arguments": {"side": "SELL", "amount": 0.1, "order_type": "MARKET"}}
    told = await one.call.good("create_trigger", **{**SPOT, "connector_name": exchange}, below="45000", **sell)
    sells = exchange == "binance"
    assert ("What opens isn't sent more than 2% beyond the level." in told) is not sells
    assert ("Limits and a halt hold it back; what protect_position sells they don't." in told) is sells
    await one.rounds(3, price=42_000)
    assert one.orders() == ([("binance", "SELL", "0.1", "FILLED")] if sells else [])


@pytest.mark.parametrize(("price", "acts"), [(47_000, 1), (56_000, 2)])
async def test_exactly_one_of_stop_and_target(one: Watched, price: int, acts: int) -> None:
    open_position(one.api, "BUY", "0.2")
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%", target="+10%")
    await one.rounds(2, price=50_500)
    assert len(one.orders()) == 1
    await one.rounds(4, price=price)
    assert sizes(one.api) == {}
    assert len(one.orders()) == 2
    assert [await one.state(key) for key in (acts, 3 - acts)] == ["done", "cancelled"]


async def test_coins_are_sold_at_their_stop_and_no_more_than_were_given(one: Watched) -> None:
    await one.call.good("protect_position", **SPOT, amount=0.1, stop="-5%")
    await one.rounds(4, price=47_000)
    assert one.orders() == [("binance", "SELL", "0.1", "FILLED")]


async def test_parts_of_a_position_are_closed_one_after_the_other(one: Watched) -> None:
    """The same call twice within a minute, which is meant."""
    open_position(one.api, "BUY", "0.2")
    for level in ("51000", "51500"):
        part = {"then": "close_position", "arguments": {"fraction": 0.5}}
        await one.call.good("create_trigger", **{**SPOT, "connector_name": "binance_perpetual"}, above=level, **part)
    await one.rounds(4, price=51_100)
    await one.rounds(4, price=51_600)
    assert [order[:3] for order in one.orders()[1:]] == [
        ("binance_perpetual", "SELL", "0.10"),
        ("binance_perpetual", "SELL", "0.05"),
    ]


async def test_a_switch_that_is_not_set_anew_cancels_and_closes(one: Watched) -> None:
    watcher = Watcher(one.call.bridge, "hbmcp watch")
    await one.watcher.leave()
    await one.rounds(1, watcher=watcher)
    rest(one.api)
    open_position(one.api, "BUY", "0.2")
    await one.call.good("cancel_after", minutes=1, all=True, close_positions=True)
    await one.rounds(25, watcher=watcher)
    await one.call.good("cancel_after", minutes=1, all=True, close_positions=True)
    await one.rounds(25, watcher=watcher)
    assert one.orders()[0][3] == "OPEN"
    await one.rounds(10, watcher=watcher)
    assert one.orders()[0][3] == "CANCELLED"
    assert sizes(one.api) == {}
    await watcher.leave()


async def test_a_switch_tells_that_executors_couldn_t_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(tmp_path, monkeypatch, [failing("POST /executors/search")]) as one:
        watcher = Watcher(one.call.bridge, "hbmcp watch")
        await one.watcher.leave()
        await one.rounds(1, watcher=watcher)
        rest(one.api)
        await one.call.good("cancel_after", minutes=1, all=True)
        await one.rounds(35, watcher=watcher)
        assert (await one.causes(1))[-1] == "done: cancelled 1, whether executors still act couldn't be read"
        await watcher.leave()


async def test_a_switch_tells_of_executors_which_order_anew(one: Watched) -> None:
    watcher = Watcher(one.call.bridge, "hbmcp watch")
    await one.watcher.leave()
    await one.rounds(1, watcher=watcher)
    config = {**SPOT, "side": "BUY", "amounts_quote": [100, 100], "prices": ["-3%", "-5%"]}
    del config["account_name"]
    await one.call.good("create_executor", account_name="master_account", executor_type="dca_executor", config=config)
    armed = await one.call.good("cancel_after", minutes=1, all=True)
    assert "Still acting: 1 executor (list_executors), which may order anew until stop_executor ends it." in armed
    await one.rounds(35, watcher=watcher)
    assert (await one.causes(1))[-1] == "done: cancelled 2, 1 executor runs there, which may order anew"
    await watcher.leave()


@pytest.mark.parametrize("side", ["LONG", "SHORT"])
@pytest.mark.parametrize(("price", "ends"), [(47_400, "FILLED"), (46_000, "OPEN")])
async def test_a_stop_with_a_worst_price_fills_or_rests_there(one: Watched, side: str, price: int, ends: str) -> None:
    """Whatever the target was: it ends with the stop."""
    way = 1 if side == "LONG" else -1
    open_position(one.api, "BUY" if way > 0 else "SELL", "0.2")
    levels = {"stop": str(50_000 - way * 2_500), "stop_limit": str(50_000 - way * 3_000)}
    text = await one.call.good("protect_position", trading_pair=PAIR, **levels, target="+10%")
    assert f"beyond {levels['stop_limit']} by then, what doesn't fill rests there" in text
    await one.rounds(3, price=50_000 + way * (price - 50_000))
    order = one.api.paper.engine.orders()[0]
    assert (order.type, f"{order.price:f}", order.status) == ("LIMIT", levels["stop_limit"], ends)
    assert sizes(one.api).keys() == (set() if ends == "FILLED" else {(PAIR, "BOTH")})
    assert [await one.state(key) for key in (1, 2)] == ["done", "cancelled"]


async def test_coins_too_may_have_a_worst_price(one: Watched) -> None:
    await one.call.good("protect_position", **SPOT, amount=0.1, stop="47500", stop_limit="47000")
    await one.rounds(4, price=46_000)
    assert one.orders() == [("binance", "SELL", "0.1", "OPEN")]
    assert await one.state(1) == "done"


async def test_a_stop_with_a_worst_price_ends_with_its_position(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    await one.call.good("protect_position", trading_pair=PAIR, stop="47500", stop_limit="47000")
    open_position(one.api, "SELL", "0.2", action="CLOSE")
    await one.rounds(1, price=47_400)
    assert (await one.state(1), len(one.orders())) == ("cancelled", 2)


@pytest.mark.parametrize("side", ["LONG", "SHORT"])
@pytest.mark.parametrize(("gain", "ends"), [("5100", "FILLED"), ("-2600", "CANCELLED")])
async def test_of_a_stop_and_a_target_at_the_exchange_one_acts(one: Watched, side: str, gain: str, ends: str) -> None:
    """The stop ends with the position, and so does the target, which can only reduce."""
    way = 1 if side == "LONG" else -1
    open_position(one.api, "BUY" if way > 0 else "SELL", "0.2", connector="bybit_perpetual")
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%", target="+10%", at_exchange=True)
    await one.rounds(12, price=50_000 + way * int(gain))
    assert sizes(one.api, "bybit_perpetual") == {}
    filled = [order for order in one.api.paper.engine.orders() if order.status == "FILLED"]
    assert len(filled) == 2, "it was opened and closed"
    (target,) = [order for order in one.api.paper.engine.orders() if order.type == "LIMIT"]
    assert target.status == ends
    assert await one.state(1) == ("cancelled" if ends == "FILLED" else "done")


@pytest.mark.parametrize("at_exchange", [False, True])
async def test_an_order_that_closes_says_that_it_does(one: Watched, at_exchange: bool) -> None:
    """Or that it opens: once the position was closed by hand it would open the other side."""
    where = {**SPOT, "connector_name": "binance_perpetual", "at_exchange": at_exchange}
    order = {"side": "SELL", "amount": 0.2, "order_type": "LIMIT", "price": "55000"}

    async def asked(**action: Any) -> str:
        answer = await one.call(
            "create_trigger", **where, above="55000", then="place_order", arguments={**order, **action}, preview=True
        )
        return answer.text

    refused = "and opens a SHORT where that is closed before"
    assert refused not in await asked()
    open_position(one.api, "BUY", "0.2")
    assert refused in await asked()
    for action in ("OPEN", "CLOSE"):
        assert refused not in await asked(position_action=action)
    assert refused not in await asked(side="BUY")


async def test_in_hedge_mode_no_order_closes_unsaid(one: Watched) -> None:
    one.api.paper.engine.set_position_mode("master_account", "binance_perpetual", "HEDGE")
    open_position(one.api, "BUY", "0.2")
    sell = {"then": "place_order", "arguments": {"side": "SELL", "amount": 0.2, "order_type": "MARKET"}}
    await one.call.good("create_trigger", **{**SPOT, "connector_name": "binance_perpetual"}, below="47000", **sell)


async def test_an_executor_is_stopped_and_told_as_it_is(one: Watched) -> None:
    made = head(await one.call.good("create_executor", executor_type="order_executor", config=WAITS))["executor_id"]
    given: dict[str, Any] = {"executor_id": made, "wait": 0}
    refusal = await one.call.bad("create_trigger", **SPOT, below="45000", then="stop_executor", arguments=given)
    assert "stop_executor needs position here: nobody can be asked then." in refusal
    given["position"] = "close"
    await one.call.good("create_trigger", **SPOT, below="45000", then="stop_executor", arguments=given)
    await one.rounds(2, price=45_100)
    assert await one.state(1) == "waiting"
    await one.rounds(3, price=44_990)
    assert (await one.causes(1))[-1].startswith("done: SHUTTING_DOWN: not ended yet, look again with get_executor")
    assert one.call.asked.count("POST /executors/{executor_id}/stop") == 1
    one.api.clock.advance(60_000)
    assert head(await one.call.good("get_executor", executor_id=made))["status"] == "TERMINATED"
