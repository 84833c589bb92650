"""What stops of others did, as public reports tell, and ours may not."""

from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Action, Filled, Protected, Spec
from hbmcp.paper.api.faults import EXCHANGE_DOWN, Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json, Refusal
from hbmcp.policy.model import Limits, Policy
from hbmcp.watch import attachments
from hbmcp.watch.watcher import Watcher
from tests.paper.perpetual_account import open_position, sizes
from tests.paper.scripted_faults import DIAGNOSTICS, still
from tests.paper.spot_account import rest
from tests.watch.watched import LONG, PERPETUAL, SPOT, Watched, above, below, buy, close, watched

pytestmark = pytest.mark.anyio

SHORT = LONG.model_copy(update={"side": "SHORT"})
COINS = Protected(**SPOT, side="LONG", amount=Decimal("0.3"))


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


def sell(amount: str) -> Action:
    arguments = {**SPOT, "side": "SELL", "amount": amount, "order_type": "MARKET", "max_value": "1000000"}
    return Action(tool="place_order", arguments=arguments, words=f"SELL {amount}", reduces=True)


def stop(level: int = 47_000, side: str = "LONG") -> Spec:
    """Of a position."""
    goes = below if side == "LONG" else above
    return Spec(when=goes(level, **PERPETUAL), then=close(side), protects=LONG if side == "LONG" else SHORT)


async def test_a_position_that_is_liquidated_takes_its_stop_along(one: Watched) -> None:
    one.api.paper.engine.set_leverage("master_account", "binance_perpetual", "BTC-USDT", 50)
    open_position(one.api, "BUY", "3")
    open_position(one.api, "BUY", "0.1", "ETH-USDT")  # the list isn't empty
    (key,) = await one.add(stop(30_000))
    await one.rounds(2, price=35_000)
    assert [pair for pair, _ in sizes(one.api) if pair == "BTC-USDT"] == []
    await one.rounds(12, price=35_000)
    assert await one.state(key) == "cancelled"
    before = len(one.orders())
    await one.rounds(2, price=29_000)
    assert len(one.orders()) == before


async def test_one_answer_without_the_position_ends_neither_stop_nor_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that protect the same hang on one look, not on two."""
    empty: list[bool] = []

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            answer = handler(call)
            rows = [row for row in answer["data"] if row["trading_pair"] != "BTC-USDT"]
            return {**answer, "data": rows} if empty else answer

        return handle

    async with watched(tmp_path, monkeypatch, [Bug("forgets one", {"POST /trading/positions": wrap})]) as one:
        open_position(one.api, "BUY", "0.2")
        open_position(one.api, "BUY", "0.1", "ETH-USDT")
        keys = await one.add(stop(), Spec(when=above(60_000, **PERPETUAL), then=close(), protects=LONG), bond="b")
        await one.rounds(5)
        empty.append(True)
        await one.rounds(5)
        empty.clear()
        await one.rounds(10)
        assert [await one.state(key) for key in keys] == ["waiting", "waiting"]


async def test_positions_are_read_once_for_all_that_hang_on_them(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    await one.add(*(stop(40_000 + each) for each in range(20)))
    await one.rounds(1)
    before = one.call.asked.count("POST /trading/positions")
    await one.rounds(5)
    assert one.call.asked.count("POST /trading/positions") == before + 1


async def test_an_exchange_that_fails_blinds_only_what_hangs_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path, monkeypatch, [EXCHANGE_DOWN]) as one:
        order = Filled(account_name="master_account", connector_name="binance", order_id="nobody's")
        stopped, lost, told = await one.add(stop(), Spec(when=below(45_000), after=order), Spec(when=below(45_000)))
        await one.rounds(12, price=44_990)
        assert await one.state(told) == "done"
        assert await one.state(lost) == "waiting"
        assert await one.state(stopped) in ("waiting", "cancelled")
        assert any(f"trigger {lost} can't see what they hang on" in words for words in one.call.bridge.news)


async def partly_filled(monkeypatch: pytest.MonkeyPatch, filled: str, status: str) -> None:
    """As an order that was filled so far is told."""
    found = attachments.find_order

    async def told(*given: Any) -> Any:
        return evolve(await found(*given), filled=Decimal(filled), status=status)

    monkeypatch.setattr(attachments, "find_order", told)


async def test_a_stop_is_for_what_its_entry_filled(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    await one.call.good("place_order", **SPOT, side="BUY", amount="1", order_type="MARKET", max_value="1000000")
    order = rest(one.api, price="20000", amount="0.3")
    after = Filled(account_name="master_account", connector_name="binance", order_id=order)
    (key,) = await one.add(Spec(when=below(47_000), then=sell("0.3"), protects=COINS, after=after))
    with monkeypatch.context() as patched:
        await partly_filled(patched, "0.1", "PARTIALLY_FILLED")
        await one.rounds(6)
        assert (await one.trigger(key)).spec.protects == COINS.model_copy(update={"amount": Decimal("0.0999")})
    with monkeypatch.context() as patched:
        await partly_filled(patched, "0.2", "PARTIALLY_FILLED")
        await one.rounds(6)
        assert (await one.trigger(key)).spec.protects == COINS.model_copy(update={"amount": Decimal("0.1998")})
    with monkeypatch.context() as patched:
        await partly_filled(patched, "0.25", "CANCELLED")
        await one.rounds(6)
    spec = (await one.trigger(key)).spec
    assert (spec.after, spec.protects and spec.protects.amount) == (None, Decimal("0.24975"))
    await one.rounds(2, price=46_900)
    assert one.orders()[-1][:3] == ("binance", "SELL", "0.24975")
    assert await one.state(key) == "done"


async def test_a_stop_that_fires_while_its_entry_rests_says_what_isnt_protected(
    one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.call.good("place_order", **SPOT, side="BUY", amount="1", order_type="MARKET", max_value="1000000")
    order = rest(one.api, price="20000", amount="0.3")
    after = Filled(account_name="master_account", connector_name="binance", order_id=order)
    (key,) = await one.add(Spec(when=below(47_000), then=sell("0.3"), protects=COINS, after=after))
    await partly_filled(monkeypatch, "0.1", "PARTIALLY_FILLED")
    await one.rounds(6)
    await partly_filled(monkeypatch, "0.15", "PARTIALLY_FILLED")  # within the round in which it fires
    await one.rounds(1, price=46_900)
    assert one.orders()[-1][:3] == ("binance", "SELL", "0.14985")
    assert "isn't protected" in (await one.trigger(key)).memory.came


async def test_a_target_that_closed_a_part_leaves_the_stop_what_is_left(one: Watched) -> None:
    open_position(one.api, "BUY", "0.3")
    (key,) = await one.add(stop())
    open_position(one.api, "SELL", "0.1", action="CLOSE")
    await one.rounds(2, price=46_900)
    assert await one.state(key) == "done"
    assert one.orders()[-1][1:3] == ("SELL", "0.2")
    assert sizes(one.api) == {}


async def test_a_short_is_stopped_above(one: Watched) -> None:
    open_position(one.api, "SELL", "0.2")
    (key,) = await one.add(stop(53_000, "SHORT"))
    await one.rounds(2, price=47_000)
    assert await one.state(key) == "waiting"
    await one.rounds(2, price=53_000)
    assert await one.state(key) == "done"
    assert [row[1] for row in one.orders()] == ["SELL", "BUY"]
    assert sizes(one.api) == {}


async def test_a_long_has_no_stop_of_a_short(one: Watched) -> None:
    """Turned meanwhile: what it was to close is gone."""
    open_position(one.api, "BUY", "0.2")
    (key,) = await one.add(stop(53_000, "SHORT"))
    await one.rounds(2, price=53_100)
    assert await one.state(key) == "cancelled"
    assert len(one.orders()) == 1


async def test_in_hedge_mode_each_side_has_its_own(one: Watched) -> None:
    one.api.paper.engine.set_position_mode("master_account", "binance_perpetual", "HEDGE")
    open_position(one.api, "BUY", "0.2")
    open_position(one.api, "SELL", "0.1")
    long, short = await one.add(stop(47_000), stop(53_000, "SHORT"))
    await one.rounds(7, price=46_900)
    assert [await one.state(long), await one.state(short)] == ["done", "waiting"]
    assert sizes(one.api) == {("BTC-USDT", "SHORT"): Decimal("-0.1")}
    await one.rounds(2, price=53_100)
    assert await one.state(short) == "done"
    assert sizes(one.api) == {}


async def test_two_stops_of_one_side_close_it_once(one: Watched) -> None:
    open_position(one.api, "BUY", "0.2")
    keys = await one.add(stop(47_000), stop(47_100))
    await one.rounds(12, price=46_900)
    assert sizes(one.api) == {}
    assert [row[1] for row in one.orders() if row[3] == "FILLED"].count("SELL") <= 2
    assert {await one.state(key) for key in keys} <= {"done", "cancelled", "failed"}


async def test_coins_that_are_gone_end_what_protects_them(one: Watched) -> None:
    protects = COINS.model_copy(update={"trading_pair": "ADA-USDT"})
    (key,) = await one.add(Spec(when=below(60_000), then=sell("1"), protects=protects))
    await one.rounds(2)
    assert await one.state(key) == "cancelled"
    assert "ADA" in (await one.causes(key))[-1]
    assert one.orders() == []


async def test_a_close_that_keeps_failing_goes_on_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    down: list[bool] = [True]

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            if down:
                raise Refusal(503, "The exchange is down")
            return handler(call)

        return handle

    async with watched(tmp_path, monkeypatch, [Bug("down", {"POST /trading/positions": wrap})]) as one:
        open_position(one.api, "BUY", "0.2")
        (key,) = await one.add(stop())
        await one.rounds(100, price=46_900)
        assert await one.state(key) == "waiting", await one.causes(key)
        found = await one.trigger(key)
        assert found.memory.attempts > 5
        assert any("tried again" in words for words in one.call.bridge.news)
        down.clear()
        await one.rounds(40, price=46_900)
        assert await one.state(key) == "done"
        assert sizes(one.api) == {}


async def test_stops_of_a_crash_pass_the_days_loss_and_what_opens_doesnt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = Policy(limits=Limits(day_loss=Decimal(500)))
    async with watched(tmp_path, monkeypatch, policy=policy) as one:
        small = {"side": "BUY", "amount": "0.001", "order_type": "MARKET", "max_value": "1000000"}
        await one.call.good("place_order", **SPOT, **small)  # the day begins
        open_position(one.api, "BUY", "0.3")
        open_position(one.api, "BUY", "0.3", "ETH-USDT")
        eth = {**PERPETUAL, "trading_pair": "ETH-USDT"}
        other = stop().model_copy(
            update={
                "when": below(46_950, **eth),
                "then": close().model_copy(update={"arguments": {**close().arguments, "trading_pair": "ETH-USDT"}}),
                "protects": LONG.model_copy(update={"trading_pair": "ETH-USDT"}),
            }
        )
        first, second, bought = await one.add(stop(), other, Spec(when=below(46_900), then=buy("0.01")))
        await one.rounds(1, price=46_990)
        await one.rounds(1, price=46_940)
        await one.rounds(8, price=46_890)
        assert [await one.state(first), await one.state(second)] == ["done", "done"]
        assert sizes(one.api) == {}
        assert await one.state(bought) in ("waiting", "failed")
        assert "day" in (await one.trigger(bought)).memory.came, await one.causes(bought)


async def test_after_a_restart_nothing_fires_by_a_price_from_before(one: Watched) -> None:
    """What was crossed and left while nobody looked opens nothing; a gap starts what must hold anew."""
    opens, holds = await one.add(Spec(when=below(45_000), then=buy()), Spec(when=below(46_000, holds_for=8)))
    await one.rounds(2, price=45_500)
    await one.watcher.leave()
    one.api.clock.advance(1_000)
    one.market.then(one.api.clock.now(), 44_000)
    one.api.clock.advance(3_600_000)
    again = Watcher(one.call.bridge, "another")
    one.market.then(one.api.clock.now(), 45_500)
    await one.rounds(3, watcher=again)
    assert [await one.state(opens), await one.state(holds)] == ["waiting", "waiting"]
    assert one.orders() == []
    assert any("nobody watched" in words for words in one.call.bridge.news)
    await one.rounds(3, watcher=again)
    assert await one.state(holds) == "done"


async def test_an_api_that_is_away_for_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, nothing is lost, what was crossed and left meanwhile opens nothing, and a stop closes after it."""
    away: list[bool] = []

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            if away:
                raise Refusal(503, "Service Unavailable")
            return handler(call)

        return handle

    asked = ("market-data/prices", "market-data/order-book", "trading/positions", "portfolio/state")
    gone = Bug("away", {f"POST /{place}": wrap for place in asked})
    async with watched(tmp_path, monkeypatch, [gone]) as one:
        open_position(one.api, "BUY", "0.2")
        opens, stops = await one.add(Spec(when=below(45_000), then=buy()), stop(47_000))
        await one.rounds(6)
        away.append(True)
        for price in (44_000, 46_500, 48_000):
            one.market.then(one.api.clock.now(), price)
            one.api.clock.advance(1_200_000)
            await one.rounds(6)
        assert [await one.state(key) for key in (opens, stops)] == ["waiting", "waiting"]
        assert any("2 triggers" in words and "can't be judged" in words for words in one.call.bridge.news)
        assert len(one.orders()) == 1
        away.clear()
        await one.rounds(6)
        assert [await one.state(key) for key in (opens, stops)] == ["waiting", "waiting"]
        await one.rounds(2, price=46_900)
        assert [await one.state(key) for key in (opens, stops)] == ["waiting", "done"]
        assert sizes(one.api) == {}


async def test_what_a_part_leaves_below_the_smallest_order_is_told_and_tried(one: Watched) -> None:
    """When it is closed in part, by hand or by a trigger, and when the exchange refuses its stop, which it asks."""
    open_position(one.api, "BUY", "0.010")
    await one.call.good("protect_position", trading_pair="BTC-USDT", stop="47000")
    half = {"then": "close_position", "arguments": {"fraction": 0.5}}
    await one.call.good("create_trigger", **PERPETUAL, below="48000", **half)
    text = await one.call.good("close_position", trading_pair="BTC-USDT", fraction=0.3)
    assert "worth less than the smallest order" not in text
    await one.rounds(2, price=47_900)
    assert "0.004 left" in (await one.trigger(2)).memory.came
    text = await one.call.good("close_position", trading_pair="BTC-USDT", fraction=0.75)
    assert "0.001 BTC is left, worth less than the smallest order, 100 USDT: an order that closes it may be" in text
    assert "What is left stays protected by stop 47000 (1)." in text
    await one.rounds(120, price=46_900)
    assert "is below minimum notional size 100" in (await one.causes(1))[-1]
    assert any("trigger 1 is failed" in words and "minimum notional" in words for words in one.call.bridge.news)


async def test_a_mark_far_from_last_is_watched_where_it_is_asked_for(one: Watched) -> None:
    mark = Condition(goes="below", level=Decimal(47_000), price="mark", **PERPETUAL)
    open_position(one.api, "BUY", "0.2")
    (key,) = await one.add(Spec(when=mark, then=close(), protects=LONG))
    await one.rounds(2, price=46_900)
    assert await one.state(key) == "done"


def odd_last(price: float, odd: list[bool]) -> Bug:
    """One bad tick."""

    def wrap(handler: Handler) -> Handler:
        def handle(call: Call) -> Json:
            answer = handler(call)
            return {**answer, "prices": dict.fromkeys(answer["prices"], price)} if odd else answer

        return handle

    return Bug("a bad tick", {"POST /market-data/prices": wrap})


async def test_one_bad_tick_closes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd: list[bool] = []
    async with watched(tmp_path, monkeypatch, [odd_last(40_000.0, odd)]) as one:
        open_position(one.api, "BUY", "0.2")
        (key,) = await one.add(stop())
        odd.append(True)
        await one.rounds(1)
        odd.clear()
        await one.rounds(3)
        assert await one.state(key) == "waiting"
        assert sizes(one.api)


async def test_a_book_that_stands_still_opens_nothing_and_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Price and book agree, for both are of yesterday."""
    async with watched(tmp_path, monkeypatch, [Bug("a feed that stopped", {DIAGNOSTICS: still})]) as one:
        open_position(one.api, "BUY", "0.2")
        opens, closes = await one.add(Spec(when=below(45_000), then=buy()), stop())
        await one.rounds(2, price=44_990)
        assert [await one.state(opens), await one.state(closes)] == ["waiting", "done"]
        assert "hasn't changed for" in (await one.trigger(opens)).memory.doubt


async def test_what_holds_long_holds_over_many_rounds(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(45_000, holds_for=100)))
    await one.rounds(50, price=44_000)
    assert await one.state(key) == "waiting"
    await one.rounds(2, price=44_000)
    assert await one.state(key) == "done"


def odd_book(handler: Handler) -> Handler:
    """A thin book, far from the price."""

    def handle(call: Call) -> Json:
        answer = handler(call)
        sides = {
            side: [{**level, "price": float(level["price"]) * 1.2} for level in answer[side]]
            for side in ("bids", "asks")
        }
        return {**answer, **sides}

    return handle


async def test_where_price_and_book_disagree_the_mark_decides_for_what_reduces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path, monkeypatch, [Bug("an odd book", {"POST /market-data/order-book": odd_book})]) as one:
        open_position(one.api, "BUY", "0.2")
        opens, closes = await one.add(Spec(when=below(47_000, **PERPETUAL), then=buy()), stop())
        await one.rounds(2, price=46_900)
        assert [await one.state(opens), await one.state(closes)] == ["waiting", "done"]


async def test_the_last_readings_are_kept_half_a_minute_apart(one: Watched) -> None:
    (key,) = await one.add(Spec(when=below(40_000)))
    for price in (50_000, 50_100, 50_200, 50_300, 50_400, 50_500, 50_600):
        await one.rounds(15, price=price)
    told = await one.call.good("get_trigger", id=key)
    kept = (await one.trigger(key)).memory.before
    assert [value for _, value in kept] == [50_200, 50_300, 50_400, 50_500, 50_600]
    assert all(later[0] - earlier[0] == 30_000 for earlier, later in pairwise(kept))
    assert "# readings: " in told
    assert "50300" in told
