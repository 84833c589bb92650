"""What is in percent of a position's entry follows it, when more is bought."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.positions.position import Position
from tests.paper.perpetual_account import open_position, sizes
from tests.watch.watched import PERPETUAL, Watched, watched

pytestmark = pytest.mark.anyio


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        await found.rounds(1, price=50_000)
        open_position(found.api, "BUY", "0.1")
        yield found


async def protect(one: Watched, **asked: str) -> str:
    return await one.call.good("protect_position", **PERPETUAL, **asked)


async def level(one: Watched, key: int) -> Decimal | None:
    return (await one.trigger(key)).spec.when.level


async def test_a_stop_and_a_target_in_percent_follow_the_entry(one: Watched) -> None:
    assert "follows the position's entry" in await protect(one, stop="-5%", target="+10%")
    before = [await level(one, key) for key in (1, 2)]
    await one.rounds(1, price=54_000)
    open_position(one.api, "BUY", "0.1")
    await one.rounds(12, price=54_000)
    after = [await level(one, key) for key in (1, 2)]
    entry = Decimal(52_000)
    assert all(
        now and abs(now / (entry * part) - 1) < Decimal("0.002")
        for now, part in zip(after, (Decimal("0.95"), Decimal("1.1")), strict=True)
    )
    assert all(now and was and now > was for now, was in zip(after, before, strict=True))
    assert any("trigger 1: the position's entry is 52" in words for words in one.call.bridge.news)
    await one.rounds(4, price=49_000)
    assert sizes(one.api) == {}


async def test_a_price_stays_where_it_is(one: Watched) -> None:
    assert "follows" not in await protect(one, stop="47500", target="55000")
    await one.rounds(1, price=54_000)
    open_position(one.api, "BUY", "0.1")
    await one.rounds(12, price=54_000)
    assert [await level(one, key) for key in (1, 2)] == [47_500, 55_000]


async def test_one_odd_answer_moves_nothing(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    await protect(one, stop="-5%")
    before = await level(one, 1)
    entries = iter([Decimal(80_000), Decimal(0), Decimal(70_000)])

    def odd(_: Position) -> Decimal | None:
        return next(entries, before and before / Decimal("0.95"))

    monkeypatch.setattr("hbmcp.watch.attachments._entry", odd)
    await one.rounds(25, price=50_000)
    assert next(entries, None) is None
    assert await level(one, 1) == before
    assert await one.state(1) == "waiting"
    assert sizes(one.api) != {}
