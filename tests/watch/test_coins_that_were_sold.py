"""Stops of coins on spot sell no more than is left of their own, whoever sold the others."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.errors import StoreError
from tests.watch.watched import Watched, watched

pytestmark = pytest.mark.anyio

SOL: dict[str, Any] = {"account_name": "master_account", "connector_name": "binance", "trading_pair": "SOL-USDT"}
BUY = {**SOL, "side": "BUY", "order_type": "MARKET", "max_value": "1000000", "again": True}
SELL = {**BUY, "side": "SELL"}


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch, price=100) as found:
        yield found


async def amounts(one: Watched) -> list[Decimal | None]:
    """What each that waits is for."""
    specs = [(await one.trigger(row.key)).spec for row in await one.store.triggers(states=["waiting"])]
    return [spec.protects and spec.protects.amount for spec in specs]


async def test_a_sale_ends_the_stops_of_what_it_sold_and_says_so(one: Watched) -> None:
    await one.call.good("place_order", **BUY, amount="1.5", stop_loss="90", take_profit="110")
    preview = await one.call.good("place_order", **SELL, share=100, preview=True)
    assert "These coins are protected by stop 90 (1), target 110 (2): as they are sold that ends." in preview
    assert await amounts(one) == [Decimal("1.4985")] * 2
    sold = await one.call.good("place_order", **SELL, share=100)
    assert "These coins were protected by stop 90 (1), target 110 (2): that ends." in sold
    assert await amounts(one) == []
    assert (await one.causes(1))[-1] == "cancelled: the coins that it protects were sold"
    bought = await one.call.good("place_order", **BUY, amount="1")
    assert "protected by" not in bought
    await one.rounds(2, price=80)
    assert [order[1] for order in one.orders()] == ["BUY", "SELL", "BUY"]


async def test_a_sale_of_a_part_leaves_the_stop_the_rest(one: Watched) -> None:
    await one.call.good("place_order", **BUY, amount="1", stop_loss="90")
    await one.call.good("place_order", **BUY, amount="2", stop_loss="95")
    text = await one.call.good("place_order", **SELL, amount="1.5")
    assert "protected by stop 90 (1): that ends." in text
    assert "protected by stop 95 (2): that is for the 1.497 SOL left." in text
    assert "SELL 1.497 SOL-USDT MARKET" in await one.call.good("list_triggers")
    assert "some of its coins were sold" in (await one.causes(2))[-1]
    await one.rounds(2, price=80)
    assert [order[1:3] for order in one.orders()[-2:]] == [("SELL", "1.5"), ("SELL", "1.497")]


async def test_coins_that_nobody_protects_can_be_sold(one: Watched) -> None:
    await one.call.good("place_order", **BUY, amount="2")
    await one.call.good("place_order", **BUY, amount="1", stop_loss="90")
    assert "protected" not in await one.call.good("place_order", **SELL, amount="1.9")
    assert await amounts(one) == [Decimal("0.999")]


async def test_orders_placed_together_count_together(one: Watched) -> None:
    await one.call.good("place_order", **BUY, amount="3", stop_loss="90")
    row = {name: SELL[name] for name in (*SOL, "side", "order_type")}
    orders = [{**row, "amount": "1"}, {**row, "amount": "1.9"}]
    text = await one.call.good("place_orders", orders=orders, preview=True)
    assert "protected by stop 90 (1): as they are sold that is for the 0.097 SOL left." in text
    text = await one.call.good("place_orders", orders=orders)
    assert "protected by stop 90 (1): that is for the 0.097 SOL left." in text
    assert await amounts(one) == [Decimal("0.097")]


async def test_an_order_that_rests_says_what_its_fill_will_end(one: Watched) -> None:
    await one.call.good("place_order", **BUY, amount="1", stop_loss="90")
    text = await one.call.good("place_order", **{**SELL, "order_type": "LIMIT", "price": "120"}, share=100)
    assert "These coins are protected by stop 90 (1): as they are sold that ends." in text
    assert await amounts(one) == [Decimal("0.999")]


async def test_where_the_store_fails_the_watch_does_it(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    await one.call.good("place_order", **BUY, amount="3", stop_loss="90")
    await one.rounds(30)

    async def fails(*_: Any, **__: Any) -> None:
        raise StoreError("It is full.")

    with monkeypatch.context() as patched:
        patched.setattr(one.store, "rewrite_trigger", fails)
        text = await one.call.good("place_order", **SELL, amount="2")
    assert "that is for the 0.997 SOL left once the watch sees it." in text
    assert await amounts(one) == [Decimal("2.997")]
    await one.rounds(45)
    assert await amounts(one) == [Decimal("0.997")]
    assert "trigger 1: some of its coins were sold otherwise: it is for 0.997 SOL now" in one.call.bridge.news


async def test_figures_older_than_a_purchase_take_nothing_from_a_stop(
    one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the API tells them: what is protected was never seen to be there."""
    await one.call.good("place_order", **BUY, amount="1")
    await one.call.good("place_order", **BUY, amount="3", stop_loss="90")
    monkeypatch.setattr("hbmcp.watch.attached_coins.units_of", lambda *_: Decimal(1))
    await one.rounds(60)
    assert await amounts(one) == [Decimal("2.997")]
