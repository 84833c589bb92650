"""Two that watch at once, each with a store of its own as another process has it, and both sure that they may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from hbmcp import times
from hbmcp.bridge import Bridge
from hbmcp.installation.triggers.condition import Memory
from hbmcp.installation.triggers.trigger import Every, Spec, Trigger
from hbmcp.policy.model import Policy
from hbmcp.settings import Settings
from hbmcp.watch import firing, reconciliation
from hbmcp.watch.watcher import Watcher
from tests.paper.assistant import ALL
from tests.paper.perpetual_account import open_position, sizes
from tests.store.conftest import postgresql, url
from tests.store.opening import store
from tests.watch.watched import LONG, PERPETUAL, Watched, above, below, buy, close, watched

__all__ = ["postgresql", "url"]  # the fixtures

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def two(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> AsyncIterator[tuple[Watched, Watcher]]:
    async with watched(folder, monkeypatch) as one:
        settings = Settings.model_construct(paper=True, paper_db=":memory:")
        bridge = Bridge(ALL, settings, policy=Policy())
        other = Watcher(bridge, "another")
        one.call.bridge.store, bridge.store = store(url), store(url)
        one.watcher = Watcher(one.call.bridge, "one")

        async def leads(_: Watcher) -> bool:
            return True

        monkeypatch.setattr(Watcher, "_leads", leads)
        try:
            yield one, other
        finally:
            await bridge.aclose()


async def at_once(one: Watched, other: Watcher, price: int) -> None:
    one.api.clock.advance(2_000)
    one.market.then(one.api.clock.now(), price)
    await asyncio.gather(one.watcher.round(), other.round())
    await one.settled()
    await one.settled(other)


@pytest.mark.slow
async def test_a_hundred_times_one_order_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    async with two(tmp_path, monkeypatch, url) as (one, other):
        for turn in range(100):
            (key,) = await one.add(Spec(when=below(45_000), then=buy("0.001")))
            await at_once(one, other, 44_990)
            assert len(one.orders()) == turn + 1
            assert await one.state(key) == "done"
            one.market.then(one.api.clock.now() + 1, 50_000)


@pytest.mark.parametrize("turns", [3, pytest.param(30, marks=pytest.mark.slow)])
async def test_of_stop_and_target_one_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, turns: int
) -> None:
    async with two(tmp_path, monkeypatch, url) as (one, other):
        for turn in range(turns):
            open_position(one.api, "BUY", "0.1")
            stop = Spec(when=below(55_000, **PERPETUAL), then=close(), protects=LONG)
            target = Spec(when=above(45_000, **PERPETUAL), then=close(), protects=LONG)
            keys = await one.add(stop, target, bond=f"b{turn}")
            await at_once(one, other, 50_000)
            await at_once(one, other, 50_000)
            assert sorted([await one.state(key) for key in keys]) == ["cancelled", "done"]
            assert sizes(one.api) == {}
        assert [row[1] for row in one.orders()] == ["BUY", "SELL"] * turns


async def test_a_pause_holds_for_who_saw_it_before_it_fired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """It waits again, which looks like before."""
    async with two(tmp_path, monkeypatch, url) as (one, other):
        (key,) = await one.add(Spec(when=below(50_500), then=buy("0.01"), every=Every(pause=3600, count=5)))
        seen = await one.trigger(key)
        await one.rounds(1)
        assert (await one.state(key), len(one.orders())) == ("waiting", 1)
        late = seen.remembering(Memory())
        assert await firing.fire(other._bridge, other._installation, late, "seen before") is None
        other._waiting._known = {key: late}
        await other.round()
        await one.settled(other)
        assert len(one.orders()) == 1
        assert (await one.trigger(key)).memory.acted == 1


@pytest.mark.parametrize("by", [3_600_000, -3_600_000])
async def test_a_clock_set_forward_or_back_while_it_is_sent_lets_nobody_send_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, by: int
) -> None:
    """Another finds it firing past its deadline, or before it began, judges that nothing was sent, and fires it."""
    async with two(tmp_path, monkeypatch, url) as (one, other):
        (key,) = await one.add(Spec(when=below(50_500), then=buy("0.01")))
        about, go = asyncio.Event(), asyncio.Event()
        sending = firing.Firing.sending
        first: list[firing.Firing] = []

        async def held(self: firing.Firing, planned: object) -> None:
            if not first:
                first.append(self)
                about.set()
                await go.wait()
            await sending(self, planned)  # type: ignore[arg-type]

        monkeypatch.setattr(firing.Firing, "sending", held)
        await one.watcher.round()
        await asyncio.wait_for(about.wait(), 30)
        monkeypatch.setattr("hbmcp.times._clock", lambda: one.api.clock.now() + by)
        await other.round()
        assert await one.state(key) == "waiting"
        one.api.clock.advance(60_000)
        await other.round()
        await one.settled(other)
        assert (await one.state(key), len(one.orders())) == ("done", 1)
        go.set()
        await one.settled()
        assert (await one.state(key), len(one.orders())) == ("done", 1)


async def test_what_is_sent_this_moment_isnt_judged_unsent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    async with two(tmp_path, monkeypatch, url) as (one, other):
        (key,) = await one.add(Spec(when=below(50_500), then=buy("0.01")))
        assert await one.store.move_trigger(key, ["waiting"], "firing", "met", time=times.now(), memory="{}")
        seen = await one.trigger(key)
        marked = seen.remembering(seen.memory.model_copy(update={"sent": times.now()}))
        assert await one.store.keep_trigger_memory([marked.written], "firing")
        await reconciliation.reconcile(other._installation, other._bridge.store, Trigger.of(seen.row))
        assert await one.state(key) == "firing"


async def test_the_truth_comes_after_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Who sent it writes what it came to, although another has given it up."""
    async with two(tmp_path, monkeypatch, url) as (one, _):
        (key,) = await one.add(Spec(when=below(50_500), then=buy("0.01")))
        settle = firing.settle

        async def given_up(store: object, trigger: Trigger, *given: object, **named: object) -> object:
            monkeypatch.setattr(firing, "settle", settle)
            await one.store.move_trigger(key, ["firing"], "unknown", "nobody knows", time=times.now())
            return await settle(store, trigger, *given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(firing, "settle", given_up)
        await one.rounds(1)
        assert await one.state(key) == "done"
        assert (await one.trigger(key)).memory.references


async def test_a_total_is_never_exceeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    async with two(tmp_path, monkeypatch, url) as (one, other):
        spec = Spec(when=below(50_500), then=buy("0.01"), every=Every(pause=2, count=9, total=Decimal(1_200)))
        (key,) = await one.add(spec.model_copy(update={"slip": Decimal(50)}))
        for _ in range(8):
            await at_once(one, other, 50_000)
        assert (await one.state(key), len(one.orders())) == ("done", 2)
        assert 1_000 <= (await one.trigger(key)).memory.spent <= 1_200
