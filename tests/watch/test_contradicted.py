"""A reading that another source denies while nothing happens: a feed that stands still short of a level, and one wrong
tick on which something trails."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.condition import Condition, Judged, Memory
from hbmcp.installation.triggers.trigger import Spec, Trigger
from hbmcp.paper.api.faults import Bug
from hbmcp.paper.api.routes.base import Call, Handler, Json
from hbmcp.store import TriggerRow
from hbmcp.watch.doubt import matters
from hbmcp.watch.watcher import CHECKED
from tests.paper.perpetual_account import PAIR, open_position, sizes
from tests.watch.watched import SPOT, watched

pytestmark = pytest.mark.anyio


class Told:
    """What is told instead of the last price, or of the mark, as long as it is set."""

    def __init__(self, kind: str) -> None:
        self.price: float | None = None
        where = {"last": "POST /market-data/prices", "mark": "POST /market-data/funding-info"}
        self.bug = Bug(f"another {kind} price", {where[kind]: self._answering})

    def _answering(self, handler: Handler) -> Handler:
        def answer(call: Call) -> Json:
            told: Any = handler(call)
            if self.price is None:
                return told
            if "prices" in told:
                return {**told, "prices": dict.fromkeys(told["prices"], self.price)}
            return {**told, "mark_price": self.price}

        return answer


def wide_book() -> Bug:
    """Between 48,000 and 52,000."""

    def answering(handler: Handler) -> Handler:
        def answer(call: Call) -> Json:
            sides = {"bids": [{"price": 48_000, "amount": 1}], "asks": [{"price": 52_000, "amount": 1}]}
            return {**handler(call), **sides}  # type: ignore[dict-item]

        return answer

    return Bug("a wide book", {"POST /market-data/order-book": answering})


@pytest.mark.parametrize("kind", ["last", "mark"])
async def test_a_stop_below_a_feed_that_stands_still_acts_by_two_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """last is denied by book and mark; the mark by book and last."""
    told = Told(kind)
    async with watched(tmp_path, monkeypatch, [told.bug]) as one:
        open_position(one.api, "BUY", "0.2")
        await one.call.good("protect_position", trading_pair=PAIR, stop="47000", price=kind)
        told.price = 50_000.0
        await one.rounds(CHECKED + 1, price=40_000)
        assert await one.state(1) == "done"
        assert sizes(one.api) == {}


async def test_without_a_third_it_is_told_and_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told("last")
    async with watched(tmp_path, monkeypatch, [told.bug]) as one:
        alarms: list[str] = []
        monkeypatch.setattr(one.call.bridge, "tell", lambda _, words: alarms.append(words))
        await one.call.good("protect_position", **SPOT, amount=0.1, stop="47000")
        told.price = 50_000.0
        await one.rounds(60, price=40_000)
        assert await one.state(1) == "waiting"
        (alarm,) = alarms
        assert "trigger 1 can't be judged: last price of BTC-USDT on binance is 50000 by one source" in alarm
        told.price = None
        await one.rounds(3)
        assert await one.state(1) == "done"


@pytest.mark.parametrize("kind", ["last", "mark"])
async def test_one_wrong_tick_moves_nothing_that_trails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    told = Told(kind)
    async with watched(tmp_path, monkeypatch, [told.bug]) as one:
        open_position(one.api, "BUY", "0.2")
        await one.call.good("protect_position", trading_pair=PAIR, trail_percent=5, price=kind)
        await one.rounds(3)
        told.price = 60_000.0
        await one.rounds(1)
        told.price = None
        await one.rounds(3)
        assert await one.state(1) == "waiting"
        best = (await one.trigger(1)).memory.best
        assert best is not None
        assert best < 51_000
        await one.rounds(3, price=52_500)
        await one.rounds(3, price=49_800)  # 5 % behind what it rose to
        assert await one.state(1) == "done"


async def test_what_trails_behind_a_feed_that_stands_still_follows_two_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told("last")
    async with watched(tmp_path, monkeypatch, [told.bug]) as one:
        open_position(one.api, "BUY", "0.2")
        await one.call.good("protect_position", trading_pair=PAIR, trail_percent=5, price="last")
        told.price = 50_000.0
        await one.rounds(CHECKED + 1, price=60_000)
        assert await one.state(1) == "waiting"
        await one.rounds(3, price=56_000)
        assert await one.state(1) == "done"


async def test_a_price_within_its_wide_book_isnt_doubted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where little is traded the last price may be that of the best bid."""
    told = Told("last")
    async with watched(tmp_path, monkeypatch, [told.bug, wide_book()]) as one:
        await one.call.good("protect_position", **SPOT, amount=0.1, stop="47000")
        told.price = 48_100.0
        await one.rounds(CHECKED * 3)
        assert (await one.trigger(1)).memory.doubted is None
        told.price = 40_000.0
        await one.rounds(CHECKED)
        assert (await one.trigger(1)).memory.doubted is not None


@pytest.mark.parametrize(
    ("of", "before", "best", "asks"),
    [
        ("price", 100, "100.9", False),
        ("price", 100, "101.1", True),
        ("pnl", 2, "2.9", False),
        ("pnl", 2, "3.1", True),
        ("funding_rate", "0.01", "0.0109", False),
        ("funding_rate", "0.01", "0.0111", True),
    ],
)
async def test_a_leap_is_what_two_sources_arent_apart(of: Any, before: Any, best: Any, asks: bool) -> None:
    when = Condition(of=of, goes="below", trail=Decimal(1))
    trigger = Trigger(TriggerRow("", 0, 0), Spec(when=when), Memory(best=before))
    assert matters(trigger, Judged(met=False, level=None, memory=Memory(best=best))) is asks
