"""A stop whose order fills in part: the book holds less than the position, or than its coins."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from hbmcp.watch import remainder
from tests.paper.perpetual_account import PAIR, open_position, sizes
from tests.watch.watched import SPOT, Watched, watched

pytestmark = pytest.mark.anyio


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


async def held(one: Watched) -> None:
    """More than the book holds, with a stop and a target."""
    one.api.paper.engine.deposit("master_account", "binance_perpetual", "USDT", Decimal(10) ** 13)
    for _ in range(3):
        open_position(one.api, "BUY", "1200")
        await one.rounds(5)
    await one.call.good("protect_position", trading_pair=PAIR, stop="47000", target="60000")


async def test_a_stop_goes_on_with_what_is_left_of_a_position(one: Watched) -> None:
    """Its target stays until that is closed."""
    await held(one)
    await one.rounds(3, price=46_000)
    assert await one.state(1) == await one.state(2) == "waiting"
    assert "BTC is left, and it goes on with that" in (await one.causes(1))[-1]
    assert any("BTC is left, and it goes on with that" in words for words in one.call.bridge.news)
    assert sizes(one.api)[PAIR, "BOTH"] > 2000
    await one.rounds(60)
    assert sizes(one.api) == {}
    assert (await one.state(1), await one.state(2)) == ("done", "cancelled")


async def test_no_second_order_closes_beside_one_that_hasnt_ended(
    one: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await held(one)
    found = remainder.find_order

    async def filling(*given: Any) -> Any:
        return evolve(await found(*given), status="PARTIALLY_FILLED")

    with monkeypatch.context() as patched:
        patched.setattr(remainder, "find_order", filling)
        await one.rounds(30, price=46_000)
        assert len([side for _, side, _, _ in one.orders() if side == "SELL"]) == 1
        assert "hasn't ended" in (await one.causes(1))[-1]
    await one.rounds(120)
    assert sizes(one.api) == {}


async def test_a_stop_of_coins_sells_its_own_and_no_others(one: Watched) -> None:
    """Of each part that it sells the target is told, too."""
    engine = one.api.paper.engine
    engine.deposit("master_account", "binance", "BTC", Decimal(10_000))
    await one.call.good("protect_position", **SPOT, amount=1000, stop="47000", target="60000")
    await one.rounds(3, price=46_000)
    assert await one.state(1) == await one.state(2) == "waiting"
    for key in (1, 2):
        protects = (await one.trigger(key)).spec.protects
        assert protects is not None
        assert 0 < protects.amount < 1000  # type: ignore[operator]
    await one.rounds(60)
    assert (await one.state(1), await one.state(2)) == ("done", "cancelled")
    sold = [order for order in engine.orders() if order.side == "SELL"]
    assert len(sold) > 1
    assert sum(order.filled for order in sold) == 1000


async def test_what_is_less_than_an_order_ends_it_and_is_told(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    one.api.paper.engine.deposit("master_account", "binance", "BTC", Decimal(10_000))
    await one.call.good("protect_position", **SPOT, amount=1000, stop="47000")
    unread = remainder.rule

    async def larger(*given: Any) -> Any:
        return evolve(await unread(*given), min_amount=Decimal(5000))

    monkeypatch.setattr(remainder, "rule", larger)
    await one.rounds(3, price=46_000)
    assert await one.state(1) == "done"
    assert "BTC is left, which nothing protects" in (await one.causes(1))[-1]
