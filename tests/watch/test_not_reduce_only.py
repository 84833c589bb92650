"""An exchange to which Hummingbot's connector doesn't say that an order may only reduce: nothing turns a position."""

import asyncio
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from hbmcp.api.apis import Apis
from hbmcp.paper.api.faults import NOT_REDUCE_ONLY, Cut
from hbmcp.times import follow
from tests.paper.paper_api import here
from tests.paper.perpetual_account import PAIR, open_position, sizes
from tests.watch.watched import PERPETUAL, Watched, watched

pytestmark = pytest.mark.anyio

TARGET = {**PERPETUAL, "side": "SELL", "position_action": "CLOSE", "share": 100, "price": "55000"}


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch, [NOT_REDUCE_ONLY]) as found:
        open_position(found.api, "BUY", "0.2")
        follow(lambda: found.api.clock.advance(1))  # what comes after another has a later time
        yield found


async def test_the_exchange_turns_a_position(one: Watched) -> None:
    """What the rest is about: a target that rests opens once the position was closed."""
    await one.call.good("place_order", **TARGET)
    await one.call.good("close_position", trading_pair=PAIR)
    await one.rounds(2, price=56_000)
    assert sizes(one.api)[PAIR, "BOTH"] < 0


async def test_beside_a_stop_no_target_rests(one: Watched) -> None:
    given = {"trading_pair": PAIR, "stop": "-5%", "target": "+10%"}
    told = await one.call.bad("protect_position", **given, at_exchange=True)
    assert "could open the other side" in told
    assert "Leave at_exchange out" in told
    await one.call.good("protect_position", **given)
    told = await one.call.bad("protect_position", trading_pair=PAIR, target="+10%", at_exchange=True, replace=True)
    assert "is its target already" in told
    await one.rounds(3, price=47_000)
    await one.rounds(3, price=56_000)
    assert sizes(one.api) == {}


async def test_a_target_rests_beside_no_stop_that_was_armed_before(one: Watched) -> None:
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%")
    told = await one.call.bad("protect_position", trading_pair=PAIR, target="+10%", at_exchange=True)
    assert "could open the other side" in told


async def test_who_closes_or_protects_beside_what_rests_is_told(one: Watched) -> None:
    assert "it opens a SHORT" in await one.call.good("place_order", **TARGET)
    order = one.api.paper.engine.orders()[0]
    for tool, given in (("protect_position", {"stop": "-5%"}), ("close_position", {"fraction": 0.5})):
        told = await one.call.good(tool, trading_pair=PAIR, **given)
        assert f"SELL orders of 0.2 rest on this pair ({order.id})" in told
        assert "open a SHORT" in told
    told = await one.call.bad("protect_position", trading_pair=PAIR, stop="-5%", stop_limit="-6%", replace=True)
    assert "leave stop_limit out" in told
    await one.call.good("close_position", trading_pair=PAIR)
    await one.call.good("cancel_order", order_id=order.id)
    await one.rounds(2, price=56_000)
    assert sizes(one.api) == {}


async def test_two_at_one_moment_close_no_more_than_there_is(one: Watched) -> None:
    """Of which neither saw the other at the exchange."""
    several = [{**TARGET, "price": price, "share": share} for price, share in (("55000", 100), ("55100", 60))]
    outcomes = await asyncio.gather(*(one.call("place_order", **given) for given in several))
    assert sorted(outcome.is_error for outcome in outcomes) == [False, True]
    (refused,) = (outcome.text for outcome in outcomes if outcome.is_error)
    assert "were sent just now: with them this would close more than the 0.2 that are left" in refused
    assert "Call it again in some seconds" in refused
    assert len(one.orders()) == 2


WAYS_OUT = {
    "close_position": {"trading_pair": PAIR},
    "close_positions": {"trading_pair": PAIR, "preview": False},
    "place_order": {name: value for name, value in TARGET.items() if name != "price"} | {"order_type": "MARKET"},
}


@pytest.mark.parametrize(("first", "second"), [*combinations_with_replacement(WAYS_OUT, 2)])
async def test_two_at_one_moment_close_at_the_market_once(one: Watched, first: str, second: str) -> None:
    """Each by a position that the other hasn't closed yet."""
    again = {"again": True} if first == second == "place_order" else {}
    calls = [(tool, WAYS_OUT[tool] | again) for tool in (first, second)]
    outcomes = await asyncio.gather(*(one.call(tool, **given) for tool, given in calls))
    (refused,) = (outcome.text for outcome in outcomes if outcome.is_error)
    assert "SELL orders of 0.2 on BTC-USDT were sent just now" in refused
    assert [side for _, side, *_ in one.orders()].count("SELL") == 1
    assert sizes(one.api) == {}


async def test_a_half_after_a_half_finds_the_rest(one: Watched) -> None:
    for part in (0.5, 1):
        await one.call.good("close_position", trading_pair=PAIR, fraction=part)
    assert sizes(one.api) == {}


async def test_two_at_one_moment_that_fit_are_sent(one: Watched) -> None:
    several = [{**TARGET, "price": price, "share": 50} for price in ("55000", "55100")]
    outcomes = await asyncio.gather(*(one.call("place_order", **given) for given in several))
    assert not any(outcome.is_error for outcome in outcomes)
    assert "this one counts as opening" in await one.call.good("place_order", **{**TARGET, "price": "55200"})


async def test_what_rests_already_is_counted_once(one: Watched) -> None:
    """Though it was sent just now, and is in the ledger too."""
    for price in ("55000", "55100"):
        told = await one.call.good("place_order", **{**TARGET, "price": price, "share": 50})
        assert "counts as opening" not in told


EXECUTOR: dict[str, Any] = {
    "executor_type": "order_executor",
    "account_name": "master_account",
    "config": {
        "connector_name": "binance_perpetual",
        "trading_pair": PAIR,
        "side": "SELL",
        "amount": "0.2",
        "execution_strategy": "LIMIT",
        "price": "55000",
        "position_action": "CLOSE",
        "leverage": 1,
    },
}


async def test_beside_a_stop_no_executor_rests_what_closes(one: Watched) -> None:
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%")
    assert "Once that has closed it, this order could open the" in await one.call.bad("create_executor", **EXECUTOR)
    market = {name: value for name, value in EXECUTOR["config"].items() if name != "price"}
    await one.call.good("create_executor", **{**EXECUTOR, "config": {**market, "execution_strategy": "MARKET"}})


async def test_beside_a_stop_no_order_takes_the_place_of_one_that_closes(one: Watched) -> None:
    await one.call.good("place_order", **{**TARGET, "share": 50})
    (order,) = [one for one in one.api.paper.engine.orders() if one.status == "OPEN"]
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%")
    told = await one.call.bad("replace_order", order_id=order.id, amount="0.2")
    assert "Once that has closed it, this order could open the" in told
    assert len(one.orders()) == 2


async def test_an_executor_beside_what_rests_is_told_that_it_opens(one: Watched) -> None:
    told = await one.call.good("create_executor", **EXECUTOR, preview=True)
    assert "only reduce it" not in told
    assert "doesn't surely make this order reduce-only" in told
    assert "counts as opening" not in told
    await one.call.good("place_order", **TARGET)
    told = await one.call.good("create_executor", **EXECUTOR, preview=True)
    assert "Of the 0.2 BTC orders that rest already would close 0.2: this one counts as opening." in told


async def test_an_executor_and_an_order_at_one_moment_close_no_more_than_there_is(one: Watched) -> None:
    calls = (one.call("create_executor", **EXECUTOR), one.call("place_order", **TARGET))
    outcomes = await asyncio.gather(*calls)
    told = " ".join(outcome.text for outcome in outcomes)
    if any(outcome.is_error for outcome in outcomes):
        assert "would close more than the 0.2 that are left" in told
    else:  # on a busy machine the executor's order may rest before the other is prepared
        assert "this one counts as opening" in told


@pytest.mark.parametrize("tool", ["place_order", "place_orders"])
async def test_beside_a_stop_nobody_rests_what_closes(one: Watched, tool: str) -> None:
    await one.call.good("protect_position", trading_pair=PAIR, stop="-5%")
    given: dict[str, Any] = TARGET if tool == "place_order" else {"orders": [TARGET]}
    told = await one.call.bad(tool, **given)
    assert "The position is protected by stop 47501.235 (1). Once that has closed it, this order could open the" in told
    assert "protect_position's" in told
    assert "cancel_trigger" in told
    market = {name: value for name, value in TARGET.items() if name not in ("price", "share")}
    half = {**market, "order_type": "MARKET", "amount": "0.1"}
    await one.call.good(tool, **(half if tool == "place_order" else {"orders": [half]}))
    await one.call.good("cancel_trigger", id=1)
    one.api.clock.advance(5_000)  # what was sold is sold by now
    await one.call.good(tool, **given)


async def test_a_stop_with_a_worst_price_is_placed_beside_its_target(one: Watched) -> None:
    given = {"trading_pair": PAIR, "stop": "-5%", "stop_limit": "-8%", "target": "+10%"}
    await one.call.good("protect_position", **given)
    await one.rounds(3, price=47_000)
    assert sizes(one.api) == {}


@pytest.mark.parametrize(("connector", "rests"), [("binance_perpetual", False), ("bybit_perpetual", True)])
async def test_no_order_that_create_trigger_rests_is_a_target_beside_a_stop(
    one: Watched, connector: str, rests: bool
) -> None:
    open_position(one.api, "BUY", "0.2", connector="bybit_perpetual")
    where = {"account_name": "master_account", "trading_pair": PAIR, "connector_name": connector}
    await one.call.good("protect_position", **where, stop="-5%")
    close = {"side": "SELL", "position_action": "CLOSE", "share": 100}
    given = {**where, "above": "55000", "then": "place_order", "arguments": close, "at_exchange": True}
    ask = one.call.good if rests else one.call.bad
    assert ("could open the other side" in await ask("create_trigger", **given)) is not rests


async def test_one_that_is_answered_between_another_s_reading_and_counting_is_counted(
    one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It left before the other looked, and came to the exchange after."""
    send = Apis.send
    leaves, looked, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()
    asked: set[str] = set()

    async def slow(self: Apis, request: Any, tool: str) -> Any:
        if request.path == here("POST", "/trading/orders") and not leaves.is_set():
            leaves.set()
            await looked.wait()
        answer = await send(self, request, tool)
        if leaves.is_set() and not looked.is_set() and request.path.startswith("/trading/orders/"):
            asked.add(request.path)
            if len(asked) == 2:
                one.api.clock.advance(100)
                looked.set()
                await answered.wait()
        return answer

    monkeypatch.setattr(Apis, "send", slow)
    first = asyncio.create_task(one.call("place_order", **TARGET))
    await leaves.wait()
    first.add_done_callback(lambda _: answered.set())
    one.api.clock.advance(500)
    second = await one.call("place_order", **{**TARGET, "price": "55100", "share": 60})
    assert not (await first).is_error
    assert second.is_error
    assert "would close more than the 0.2 that are left" in second.text


@pytest.mark.parametrize(
    ("after", "told"),
    [(1, "shrank from 0.2 to 0 while this was checked"), (2, "would close more than the 0.2 that are left")],
)
async def test_what_closes_the_position_after_it_was_read_is_seen(
    one: Watched, monkeypatch: pytest.MonkeyPatch, after: int, told: str
) -> None:
    send = Apis.send
    read: list[str] = []

    async def meanwhile(self: Apis, request: Any, tool: str) -> Any:
        answer = await send(self, request, tool)
        if request.path == here("POST", "/trading/positions"):
            read.append(request.path)
            if len(read) == after:
                one.api.clock.advance(50)
                await one.call.good("close_position", trading_pair=PAIR)
                one.api.clock.advance(50)
        return answer

    monkeypatch.setattr(Apis, "send", meanwhile)
    assert told in await one.call.bad("place_order", **TARGET)
    assert sizes(one.api) == {}
    assert len(one.orders()) == 2


@pytest.mark.parametrize("acted", [True, False])
async def test_one_that_was_never_answered_is_looked_for_and_else_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acted: bool
) -> None:
    async with watched(tmp_path, monkeypatch, [NOT_REDUCE_ONLY, Cut("POST /trading/orders", acted=acted)]) as one:
        open_position(one.api, "BUY", "0.2")
        await one.call.bad("place_order", **{**TARGET, "share": 50})
        one.api.clock.advance(61_000)
        share = 50 if acted else 60
        told = await one.call.bad("place_order", **{**TARGET, "share": share, "price": "55100"})
        if acted:
            assert len(one.orders()) == 3  # found, and what it left is closed by this one
            return
        assert "orders of 0.1 on BTC-USDT were sent, and of 0.1 no answer came: with them this" in told
        assert "That counts for 9 minutes more" in told
        assert "close_position closes at the market now" in told
        one.api.clock.advance(600_000)
        assert "orders of 0.1" not in await one.call.bad("place_order", **{**TARGET, "price": "55200"})
