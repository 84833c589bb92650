"""What became of triggers while no server ran is told by the next one, once."""

from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.watching import DURABLE
from hbmcp.watch.watcher import Watcher
from tests.paper.perpetual_account import open_position
from tests.watch.watched import SPOT, Watched, watched

pytestmark = pytest.mark.anyio


@pytest.fixture
async def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    async with watched(tmp_path, monkeypatch) as found:
        yield found


async def begun(one: Watched) -> Watcher:
    """As a server that was just started."""
    await one.watcher.leave()
    one.call.bridge.news.clear()
    one.watcher = Watcher(one.call.bridge, "an hbmcp server, until its client leaves")
    return one.watcher


async def fires_without_a_server(one: Watched) -> None:
    await one.call.good("create_trigger", **SPOT, below="47000")
    await one.rounds(2)
    await one.watcher.leave()
    durable = Watcher(one.call.bridge, DURABLE)
    await one.rounds(2, price=46_000, watcher=durable)
    await durable.leave()
    assert await one.state(1) == "done"


async def test_the_next_server_tells_it_once(one: Watched) -> None:
    await begun(one)
    await one.rounds(1)
    await fires_without_a_server(one)
    await begun(one)
    await one.rounds(1)
    assert "Since your last call: trigger 1 is done since" in await one.call.good("list_triggers")
    await one.rounds(1)
    await begun(one)
    await one.rounds(1)
    assert "Since your last call" not in await one.call.good("list_triggers")


async def test_where_nobody_asked_it_isnt_told_yet(one: Watched) -> None:
    await begun(one)
    await one.rounds(1)
    await fires_without_a_server(one)
    for _ in range(2):  # the first ends without a call
        await begun(one)
        await one.rounds(2)
    assert "Since your last call: trigger 1 is done since" in await one.call.good("list_triggers")


async def test_a_watch_that_ends_before_what_waits_says_so(one: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(one.call.bridge, "tell", lambda _, words: told.append(words))
    await one.call.good("create_trigger", **SPOT, below="47000")
    await one.watcher.leave()
    assert told == []
    durable = Watcher(one.call.bridge, DURABLE)
    await one.rounds(1, watcher=durable)
    await durable.leave()
    assert told == ["`hbmcp watch` has ended, and a trigger waits: nobody may be watching."]
    one.api.clock.advance(3_600_000)
    await one.rounds(1, watcher=Watcher(one.call.bridge, "a test"))
    assert "nobody watched from" in told[-1]


async def test_who_cancelled_it_is_not_told_so_by_the_next_answer(one: Watched) -> None:
    await begun(one)
    await one.call.good("create_trigger", **SPOT, below="47000")
    await one.call.good("create_trigger", **SPOT, below="46000")
    await one.rounds(1)
    await one.call.good("cancel_trigger", id=1)
    await one.rounds(1)
    assert "Since your last call" not in await one.call.good("list_triggers")
    await one.store.move_trigger(2, ["waiting"], "cancelled", "by somebody else", time=0)
    await one.rounds(1)
    assert "Since your last call: trigger 2 is cancelled" in await one.call.good("list_triggers")


async def test_what_a_trigger_s_own_call_ends_is_told(one: Watched) -> None:
    await begun(one)
    open_position(one.api, "BUY", "0.1")
    await one.call.good("protect_position", trading_pair="BTC-USDT", connector_name="binance_perpetual", stop="40000")
    close = {"then": "close_position", "connector_name": "binance_perpetual", "trading_pair": "BTC-USDT"}
    await one.call.good("create_trigger", account_name="master_account", above="55000", **close)
    await one.rounds(1)
    await one.rounds(3, price=56_000)
    told = await one.call.good("list_triggers")
    assert "trigger 2 is done" in told
    assert "trigger 1 is cancelled" in told
