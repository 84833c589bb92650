"""A stop and a target given with an order: triggers that begin when it fills."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.paper.perpetual_account import sizes
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
    assert "stop 45000, target 55000 (triggers 1, 2) begin when it fills" in text
    await one.rounds(12)
    assert [await one.state(key) for key in (1, 2)] == ["waiting", "waiting"]
    await one.rounds(2, price=price)
    assert sizes(one.api) == {}
    states = [await one.state(key) for key in (1, 2)]
    assert states == (["done", "cancelled"] if left == "stop" else ["cancelled", "done"])
    assert [row[1] for row in one.orders()] == ["BUY", "SELL"]


async def test_a_short_is_stopped_above(one: Watched) -> None:
    await one.call.good("place_order", **PERPETUAL, **{**BUY, "side": "SELL"}, stop_loss="55000", take_profit="45000")
    await one.rounds(12)
    await one.rounds(2, price=55_100)
    assert (sizes(one.api), await one.state(1)) == ({}, "done")


async def test_coins_on_spot_are_sold_and_no_more_than_were_bought(one: Watched) -> None:
    await one.call.good("place_order", **SPOT, **{**BUY, "amount": "0.05"})
    await one.call.good("place_order", **SPOT, **BUY, stop_loss="45000")
    await one.rounds(12)
    await one.rounds(2, price=44_900)
    assert await one.state(1) == "done"
    assert one.orders()[-1][1:3] == ("SELL", "0.1")


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
    assert '"when_filled":"stop 45000"' in text
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
