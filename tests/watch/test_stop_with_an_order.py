"""A stop and a target given with an order: triggers that begin when it fills."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from hbmcp.errors import StoreError
from hbmcp.installation.orders import replacement
from hbmcp.installation.orders.order import Order
from hbmcp.paper.api.faults import Cut
from tests.paper.perpetual_account import PAIR, open_position, sizes
from tests.paper.scripted_faults import failing
from tests.watch.watched import PERPETUAL, SPOT, Watched, watched

pytestmark = pytest.mark.anyio

BUY = {"side": "BUY", "amount": "0.1", "order_type": "MARKET", "max_value": "1000000"}


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


@pytest.mark.parametrize(("price", "left"), [(44_900, "stop"), (55_100, "target")])
async def test_one_of_them_closes_what_was_opened(one: Watched, price: int, left: str) -> None:
    text = await one.call.good("place_order", **PERPETUAL, **BUY, stop_loss="45000", take_profit="55000")
    assert "stop 45000, target 55000 (triggers 1, 2) hold for the whole position" in text
    await one.rounds(12)
    assert [await one.state(key) for key in (1, 2)] == ["waiting", "waiting"]
    await one.rounds(2, price=price)
    assert sizes(one.api) == {}
    states = [await one.state(key) for key in (1, 2)]
    assert states == (["done", "cancelled"] if left == "stop" else ["cancelled", "done"])
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]


async def test_without_a_mark_price_the_last_is_held_to_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As protect_position does there."""
    async with watched(tmp_path, monkeypatch, [failing("POST /market-data/funding-info")]) as one:
        await one.call.good("place_order", **PERPETUAL, **BUY, stop_loss="45000")
        await one.call.good("protect_position", trading_pair=PAIR, target="+20%")
        await one.rounds(12)
        assert [(await one.trigger(key)).spec.when.price for key in (1, 2)] == ["last", "last"]
        await one.rounds(2, price=44_900)
        assert sizes(one.api) == {}
        assert await one.state(1) == "done"


@pytest.mark.parametrize("preview", [True, False])
async def test_what_else_they_close_is_told(one: Watched, preview: bool) -> None:
    """All of the position, also what was open before."""
    asked = {**PERPETUAL, **BUY, "stop_loss": "45000", "take_profit": "60000", "preview": preview}
    whole = "Its stop and target would close the whole position, with the 0.5 BTC open before."
    assert whole not in await one.call.good("place_order", **{**asked, "preview": True})
    open_position(one.api, "BUY", "0.5")
    assert whole in await one.call.good("place_order", **asked)
    assert whole not in await one.call.good("place_order", **{**asked, "stop_loss": None, "take_profit": None})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "stop 45000 (trigger 1) holds for the whole position."),
        ({"take_profit": "55000"}, "(triggers 1, 2) hold for the whole position."),
        ({"order_type": "LIMIT", "price": "46000"}, "stop 45000 (trigger 1) begins when it fills."),
        ({"order_type": "LIMIT", "price": "46000", "take_profit": "55000"}, "(triggers 1, 2) begin when it fills."),
    ],
)
async def test_one_is_told_as_one(one: Watched, changed: dict[str, Any], said: str) -> None:
    assert said in await one.call.good("place_order", **PERPETUAL, **{**BUY, **changed}, stop_loss="45000")


async def test_coins_are_sold_as_far_as_they_are_there(one: Watched) -> None:
    await one.call.good("place_order", **SPOT, **BUY, stop_loss="45000")
    assert "SELL 0.0999 BTC-USDT MARKET on binance, or what is there of it" in await one.call.good("list_triggers")
    told = await one.call.good("cancel_trigger", all=True, preview=True)
    assert "SELL 0.0999 BTC-USDT MARKET on binance, or what is there of it" in told


async def test_a_short_is_stopped_above(one: Watched) -> None:
    await one.call.good("place_order", **PERPETUAL, **{**BUY, "side": "SELL"}, stop_loss="55000", take_profit="45000")
    await one.rounds(12)
    await one.rounds(2, price=55_100)
    assert (sizes(one.api), await one.state(1)) == ({}, "done")


async def test_coins_on_spot_are_sold_and_no_more_than_arrived(one: Watched) -> None:
    await one.call.good("place_order", **SPOT, **{**BUY, "amount": "0.05"})
    await one.call.good("place_order", **SPOT, **BUY, stop_loss="45000")
    spec = (await one.trigger(1)).spec
    assert (spec.after, spec.then and spec.then.words) == (None, "SELL 0.0999 BTC-USDT MARKET on binance")
    await one.rounds(12)
    await one.rounds(2, price=44_900)
    assert await one.state(1) == "done"
    assert one.orders()[-1][1:3] == ("SELL", "0.0999")


async def test_they_wait_for_the_fill_and_end_with_an_order_that_has_none(one: Watched) -> None:
    limit = {**BUY, "order_type": "LIMIT", "price": "46000"}
    text = await one.call.good("place_order", **PERPETUAL, **limit, stop_loss="45000")
    order = one.api.paper.engine.orders()[0].id
    assert order in text
    await one.rounds(6)
    assert await one.state(1) == "waiting"
    await one.call.good("cancel_order", order_id=order)
    await one.rounds(12)
    assert await one.state(1) == "cancelled"
    await one.rounds(2, price=40_000)
    assert len(one.orders()) == 1


@pytest.mark.parametrize(
    ("where", "changed", "says"),
    [
        (PERPETUAL, {"stop_loss": "51000"}, "isn't below"),
        (PERPETUAL, {"take_profit": "49000"}, "isn't above"),
        (PERPETUAL, {"side": "SELL", "stop_loss": "49000"}, "isn't above"),
        (PERPETUAL, {"side": "SELL", "stop_loss": "+5%"}, "below 0 the loss, also of what is sold short"),
        (SPOT, {"side": "SELL", "amount": "0.01", "stop_loss": "49000"}, "only sells or closes"),
        (PERPETUAL, {"position_action": "CLOSE", "stop_loss": "49000"}, ""),
    ],
)
async def test_what_cant_be_meant_is_refused_before_anything_is_sent(
    one: Watched, where: dict[str, Any], changed: dict[str, Any], says: str
) -> None:
    text = await one.call.bad("place_order", **where, **{**BUY, **changed})
    assert says in text
    assert one.orders() == []
    assert await one.store.triggers() == []


async def test_a_preview_tells_them_and_keeps_nothing(one: Watched) -> None:
    text = await one.call.good("place_order", **PERPETUAL, **BUY, stop_loss=Decimal(45_000), preview=True)
    assert '"when_filled":"stop 45000: ' in text
    assert await one.store.triggers() == []


async def test_they_go_with_an_order_that_replaces_theirs(one: Watched) -> None:
    limit = {**BUY, "order_type": "LIMIT", "price": "46000"}
    await one.call.good("place_order", **PERPETUAL, **limit, stop_loss="45000", take_profit="55000")
    order = one.api.paper.engine.orders()[0].id
    text = await one.call.good("replace_order", order_id=order, price="47000")
    assert "goes with it, as triggers 3, 4" in text
    await one.rounds(12)
    assert [await one.state(key) for key in (1, 2, 3, 4)] == ["cancelled", "cancelled", "waiting", "waiting"]
    await one.rounds(12, price=46_900)
    assert sizes(one.api) != {}
    await one.rounds(2, price=44_900)
    assert sizes(one.api) == {}
    assert await one.state(3) == "done"


@pytest.mark.parametrize("tool", ["close_position", "close_positions"])
async def test_what_protected_a_closed_position_is_none_of_the_next_one(one: Watched, tool: str) -> None:
    await one.call.good("place_order", **PERPETUAL, **BUY, stop_loss="45000")
    await one.rounds(12)
    more = {"preview": False} if tool == "close_positions" else {}
    text = await one.call.good(tool, trading_pair="BTC-USDT", **more)
    assert "It was protected by stop 45000 (1): that ends with it." in text
    assert await one.state(1) == "cancelled"
    await one.call.good("place_order", **PERPETUAL, **BUY, again=True)
    await one.rounds(2, price=44_000)
    assert sizes(one.api) != {}


@pytest.mark.parametrize(("stop", "target"), [("-5%", "+10%"), ("5%", "10%"), (" -5 %", "10 %")])
@pytest.mark.parametrize(("side", "sign"), [("BUY", 1), ("SELL", -1)])
async def test_they_may_be_percentages_of_the_entry(one: Watched, stop: str, target: str, side: str, sign: int) -> None:
    limit = {**BUY, "side": side, "order_type": "LIMIT", "price": str(50_000 - sign * 1_000)}
    await one.call.good("place_order", **PERPETUAL, **limit, stop_loss=stop, take_profit=target)
    levels = [(await one.trigger(key)).spec.when.level for key in (1, 2)]
    entry = Decimal(limit["price"])
    assert levels == [entry * (1 - sign * Decimal("0.05")), entry * (1 + sign * Decimal("0.1"))]


async def test_a_risk_is_lost_at_a_stop_in_percent(one: Watched) -> None:
    asked = {"side": "BUY", "order_type": "MARKET", "risk": "100", "stop_loss": "-10%"}
    text = await one.call.good("place_order", **PERPETUAL, **asked)
    (sent,) = one.orders()
    assert sent[2] == "0.019", "5,000 a unit, and fees"
    level = (await one.trigger(1)).spec.when.level
    assert f"to {level:f}, both fees included" in text


@pytest.mark.parametrize("stop", ["-100%", "+5%", "0", "soon"])
async def test_a_percentage_that_cant_be_meant_is_refused(one: Watched, stop: str) -> None:
    assert "Nothing was sent." in await one.call.bad("place_order", **PERPETUAL, **BUY, stop_loss=stop)
    assert one.orders() == []


async def test_what_adds_up_with_what_protects_already_is_said(one: Watched) -> None:
    for where, each in ((PERPETUAL, "each closes all of it"), (SPOT, "each sells its own coins")):
        text = await one.call.good("place_order", **where, **BUY, stop_loss="45000", again=True)
        assert "protected" not in text
        key = max(row.key for row in await one.store.triggers())
        for preview in (True, False):
            asked = {**BUY, "stop_loss": "46000", "again": True, "preview": preview}
            text = await one.call.good("place_order", **where, **asked)
            assert f"It is protected by stop 45000 ({key}) too: {each}." in text
    close = {"then": "close_position", "arguments": {"fraction": 0.5}}
    text = await one.call.good("create_trigger", **PERPETUAL, below="44000", **close)
    assert "It is protected by stop 45000 (1), stop 46000 (2) too: each closes all of it." in text
    text = await one.call.good("create_trigger", **PERPETUAL, below="43000", **close, cancels=[1, 2])
    assert "It is protected by stop 44000 (5) too" in text


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("where", [PERPETUAL, SPOT])
@pytest.mark.parametrize("at", ["name_order", "rewrite_trigger"])
async def test_a_crash_after_the_order_leaves_it_its_stop(
    one: Watched, monkeypatch: pytest.MonkeyPatch, where: dict[str, Any], at: str
) -> None:
    def crash(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(one.store, at, crash)
        with pytest.raises(Killed):
            await one.call("place_order", **where, **BUY, stop_loss="45000")
    assert one.orders() == [(where["connector_name"], "BUY", "0.1", "FILLED")]
    assert "its order fills" in await one.call.good("list_triggers")
    await one.rounds(12)
    found = await one.trigger(1)
    assert (found.row.state, found.spec.after) == ("waiting", None)
    await one.rounds(2, price=44_900)
    assert await one.state(1) == "done"
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]


async def test_a_crash_before_the_order_leaves_a_stop_of_nothing(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows whether it was placed: that is told, and the stop does nothing."""
    add = one.store.add_triggers

    async def crash(*args: Any) -> None:
        await add(*args)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(one.store, "add_triggers", crash)
        with pytest.raises(Killed):
            await one.call("place_order", **PERPETUAL, **BUY, stop_loss="45000")
    await one.rounds(20, price=44_900)
    assert (await one.state(1), one.orders()) == ("waiting", [])
    await one.rounds(60)
    assert await one.state(1) == "waiting"
    assert "trigger 1 can't see what they hang on: Whether its order was placed isn't known." in " ".join(
        one.call.bridge.news
    )


async def test_an_order_without_an_answer_has_its_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(tmp_path, monkeypatch, [Cut("POST /trading/orders", times=1)]) as one:
        text = await one.call.bad("place_order", **PERPETUAL, **BUY, stop_loss="45000")
        assert text.startswith("Outcome unknown")
        assert "If it was placed and fills, that begins: stop 45000 (trigger 1)." in text
        await one.rounds(12)
        await one.rounds(2, price=44_900)
        assert await one.state(1) == "done"
        assert sizes(one.api) == {}


async def test_one_whose_order_isnt_placed_ends(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    text = await one.call.bad("place_order", **PERPETUAL, **{**BUY, "max_value": "1"}, stop_loss="45000")
    assert await one.store.triggers() == []
    monkeypatch.setattr("hbmcp.installation.orders.sending.FRESH", -1.0)  # held back at the last moment
    monkeypatch.setattr("hbmcp.policy.grant.FRESH", -1.0)
    text = await one.call.bad("place_order", **PERPETUAL, **BUY, stop_loss="45000")
    assert "Nothing was sent." in text
    assert await one.store.triggers(states=["waiting"]) == []


async def test_an_order_whose_stop_cant_be_kept_isnt_sent(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(one.store, "add_triggers", full)
    text = await one.call.bad("place_order", **PERPETUAL, **BUY, stop_loss="45000")
    assert text.startswith("What is to protect it can't be kept: The disk is full. Nothing was sent.")
    assert one.orders() == []


async def test_what_a_replaced_order_had_filled_keeps_its_stop(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coins that the old one bought are protected by the old one's, what the new one buys by the new one's."""
    limit = {**BUY, "order_type": "LIMIT", "price": "46000"}
    await one.call.good("place_order", **SPOT, **limit, stop_loss="45000")
    order = one.api.paper.engine.orders()[0].id
    real = replacement.wait_for_end

    async def partly(*args: Any) -> Order:
        return evolve(await real(*args), filled=Decimal("0.04"))

    with monkeypatch.context() as patched:
        patched.setattr(replacement, "wait_for_end", partly)
        await one.call.good("replace_order", order_id=order, price="45500")
    assert [await one.state(key) for key in (1, 2)] == ["waiting", "waiting"]
    new = (await one.trigger(2)).spec
    assert new.protects is not None
    assert new.protects.amount == Decimal("0.06")
