"""What triggers were met by while nobody watched is told of each, by the candles of that time."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.trigger import Spec
from hbmcp.watch.watcher import Watcher
from tests.watch.watched import SPOT, Watched, above, below, watched

pytestmark = pytest.mark.anyio

HOUR = 3_600_000


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


async def nobody_watches(one: Watched, price: int) -> None:
    """For an hour, in the middle of which the price is this for ten minutes."""
    await one.rounds(2, price=50_000)
    await one.watcher.leave()
    one.api.clock.advance(HOUR // 2)
    one.market.then(one.api.clock.now(), price)
    one.api.clock.advance(HOUR // 6)
    one.market.then(one.api.clock.now(), 50_000)
    one.api.clock.advance(HOUR // 3)
    one.watcher = Watcher(one.call.bridge, "another")
    await one.rounds(1)


async def test_each_that_was_met_is_named(one: Watched) -> None:
    trailing = Spec(when=Condition(goes="below", trail=5, **SPOT))
    await one.add(Spec(when=below(45_000)), Spec(when=above(55_000)), trailing, Spec(when=below(43_000)))
    await nobody_watches(one, 44_000)
    (words,) = [told for told in one.call.bridge.news if "nobody watched" in told]
    assert "met then was 1 (44000 in the 1m from 20" in words
    assert words.endswith("; whether 3 was isn't known")
    listed = await one.call.good("list_triggers")
    assert "Nobody watched from 20" in listed
    assert listed.count("met then was 1 (44000 in the 1m") >= 1
    assert [await one.state(key) for key in (1, 2, 3, 4)] == ["waiting"] * 4


async def test_where_none_was_met_that_is_said(one: Watched) -> None:
    await one.add(Spec(when=below(45_000)))
    await nobody_watches(one, 46_000)
    assert any(told.endswith(": no fixed price was met then") for told in one.call.bridge.news)


async def test_without_candles_nobody_knows(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hbmcp.installation.markets.candles.PATIENCE", 0.0)
    await one.add(Spec(when=below(45_000)))
    await nobody_watches(one, 44_000)
    assert any(told.endswith(": whether 1 was isn't known") for told in one.call.bridge.news)


async def test_one_that_was_made_later_missed_nothing(one: Watched) -> None:
    await one.add(Spec(when=below(45_000)))
    await nobody_watches(one, 44_000)
    await one.add(Spec(when=below(44_500)))
    assert "2 (" not in (await one.call.good("list_triggers")).partition("Nobody watched")[2]
