"""Triggers in the store: one compare-and-set decides who fires one, and a lease who watches."""

import asyncio

import pytest
from attrs import evolve

from hbmcp import times
from hbmcp.store import Store, TriggerRow, Watch
from tests.store.opening import store
from tests.store.postgresql_cluster import Cluster

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000
ROW = TriggerRow('{"when":{}}', created=NOW, changed=NOW)


async def two(url: str) -> tuple[Store, Store]:
    """As two processes have it."""
    return store(url), store(url)


async def closed(*stores: Store) -> None:
    for one in stores:
        await one.aclose()


async def test_what_is_kept_comes_back_and_is_others_too(url: str) -> None:
    mine, other = await two(url)
    keys = await mine.add_triggers([ROW, evolve(ROW, bond="b", memory='{"fired":1}')], "created")
    assert [evolve(one, key=0) for one in await other.triggers(keys=keys)] == [
        ROW,
        evolve(ROW, bond="b", memory='{"fired":1}'),
    ]
    assert [(one.trigger, one.state, one.cause) for one in await other.trigger_events()] == [
        (key, "waiting", "created") for key in keys
    ]
    assert await mine.move_trigger(keys[0], ["waiting"], "unknown", "sent, and no answer", time=NOW)
    assert await other.trigger_numbers() == {"waiting": 1, "unknown": 1}
    elsewhere = store(url, api_url="http://elsewhere")
    assert await elsewhere.triggers() == []
    assert await elsewhere.trigger_numbers() == {}
    assert not await elsewhere.move_trigger(keys[0], ["waiting"], "done", "none of mine", time=NOW)
    await closed(mine, other, elsewhere)


@pytest.mark.parametrize("turns", [3, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("bonded", [False, True])
async def test_of_many_that_fire_at_once_one_does(url: str, bonded: bool, turns: int) -> None:
    stores = [store(url) for _ in range(4)]
    bonds = [f"b{turn}" if bonded else None for turn in range(turns)]
    for turn in range(turns):
        keys = await stores[0].add_triggers([evolve(ROW, bond=bonds[turn])] * (2 if bonded else 1), "created")
        asked = [one.move_trigger(key, ["waiting"], "firing", "met", time=NOW) for one in stores for key in keys]
        assert (await asyncio.gather(*asked)).count(True) == 1
        fired = [one for one in await stores[0].triggers(keys=keys) if one.state == "firing"]
        assert [one.fired for one in fired] == [1]
    await closed(*stores)


async def test_what_is_done_cancels_what_is_bonded_to_it_and_nothing_else(url: str) -> None:
    mine = store(url)
    stop, target, alone = await mine.add_triggers([evolve(ROW, bond="b"), evolve(ROW, bond="b"), ROW], "created")
    assert await mine.move_trigger(stop, ["waiting"], "firing", "met", time=NOW)
    assert await mine.move_trigger(stop, ["firing"], "done", "sold", time=NOW + 1, bonded=True)
    assert [one.state for one in await mine.triggers(keys=[stop, target, alone])] == ["done", "cancelled", "waiting"]
    (_, event) = await mine.trigger_events(keys=[target])
    assert (event.state, event.time, str(stop) in event.cause) == ("cancelled", NOW + 1, True)
    await mine.aclose()


async def test_new_ones_join_others_or_take_their_place(url: str) -> None:
    mine, _ = await two(url)
    first, second, third = await mine.add_triggers([ROW, evolve(ROW, bond="b"), evolve(ROW, bond="b")], "created")
    (fourth,) = await mine.add_triggers([evolve(ROW, bond="c")], "created", joins=[first, second])
    assert {one.key: one.bond for one in await mine.triggers()} == dict.fromkeys((first, second, third, fourth), "c")
    (fifth,) = await mine.add_triggers([ROW], "created", instead=[third])
    assert [one.state for one in await mine.triggers(keys=[third])] == ["cancelled"]
    assert [one.cause for one in await mine.trigger_events(keys=[third])] == ["created", f"trigger {fifth} replaces it"]
    for other in ({"joins": [third]}, {"instead": [third]}, {"joins": [first, 99]}):
        assert await mine.add_triggers([ROW], "created", **other) == []
    assert len(await mine.triggers()) == 5
    await closed(mine)


async def test_memory_is_kept_only_of_what_is_in_that_state(url: str) -> None:
    mine = store(url)
    (key,) = await mine.add_triggers([ROW], "created")
    assert await mine.keep_trigger_memory([evolve(ROW, key=key)], "firing") == 0
    kept = evolve(ROW, key=key, memory='{"best":"1"}')
    assert await mine.keep_trigger_memory([kept, evolve(kept, key=key + 1)]) == 1
    assert await mine.keep_trigger_memory([evolve(kept, fired=1, memory="{}")]) == 0
    assert [one.memory for one in await mine.triggers()] == ['{"best":"1"}']
    await mine.aclose()


async def test_one_has_the_watch_until_it_ends_or_leaves(url: str) -> None:
    mine, other = await two(url)
    taken = [one.take_watch(Watch(name, "a test", NOW, NOW + 10)) for one, name in ((mine, "mine"), (other, "other"))]
    held = await asyncio.gather(*taken)
    assert held[0] == held[1]
    first = held[0].holder
    late = "other" if first == "mine" else "mine"
    assert (await other.take_watch(Watch(first, "a test", NOW + 5, NOW + 15))).since == NOW
    assert (await other.take_watch(Watch(late, "a test", NOW + 14, NOW + 24))).holder == first
    over = await other.take_watch(Watch(late, "a test", NOW + 20, NOW + 30))
    assert (over.holder, over.unwatched_from, over.unwatched_to) == (late, NOW + 15, NOW + 20)
    await other.leave_watch(first, NOW + 21)  # no longer its own
    assert (await mine.take_watch(Watch(first, "a test", NOW + 22, NOW + 32))).holder == late
    await other.leave_watch(late, NOW + 23)
    assert (await mine.take_watch(Watch(first, "a test", NOW + 24, NOW + 34))).holder == first
    await closed(mine, other)


async def test_what_nobody_waited_for_is_undone(url: str) -> None:
    """A call that was cancelled while its trigger was written has none, and what it was to replace waits again."""
    mine = store(url)
    (before,) = await mine.add_triggers([ROW], "created")
    adding = asyncio.create_task(mine.add_triggers([ROW], "created", instead=[before]))
    await asyncio.sleep(0)
    adding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await adding
    await mine.aclose()
    again = store(url)
    assert [(one.key, one.state) for one in await again.triggers()] == [(before, "waiting")]
    await again.aclose()


async def test_who_saw_another_firing_moves_nothing(url: str) -> None:
    """It waits again, but isn't what it was: it fired meanwhile."""
    mine = store(url)
    (key,) = await mine.add_triggers([ROW], "created")
    assert await mine.move_trigger(key, ["waiting"], "firing", "met", time=NOW, fired=0)
    assert await mine.move_trigger(key, ["firing"], "waiting", "bought", time=NOW, memory='{"wakes":9}', fired=1)
    assert not await mine.move_trigger(key, ["waiting"], "firing", "met", time=NOW, fired=0)
    assert not await mine.move_trigger(key, ["waiting"], "firing", "met", time=NOW, remembers="{}")
    assert await mine.move_trigger(key, ["waiting"], "firing", "met", time=NOW, fired=1, remembers='{"wakes":9}')
    await mine.aclose()


async def test_later_events_come_after(url: str) -> None:
    mine = store(url)
    assert await mine.last_trigger_event() == 0
    first, second = await mine.add_triggers([ROW, ROW], "created")
    last = await mine.last_trigger_event()
    await mine.move_trigger(first, ["waiting"], "expired", "over", time=NOW - 3_600_000)  # a clock was set back
    assert [(one.trigger, one.state) for one in await mine.trigger_events(after=last)] == [(first, "expired")]
    assert second > first
    await mine.aclose()


async def test_who_has_a_higher_rank_gets_the_watch_when_it_is_renewed(url: str) -> None:
    """There is one watcher at any time, and nothing is unwatched."""
    mine, other = store(url), store(url)
    low = [Watch("low", "a client's", NOW + n, NOW + n + 10) for n in range(0, 30, 5)]
    high = [Watch("high", "hbmcp watch", NOW + n, NOW + n + 10, rank=2) for n in range(0, 30, 3)]
    same = Watch("same", "hbmcp watch", NOW + 7, NOW + 17, rank=2)
    assert (await mine.take_watch(low[0])).holder == "low"
    assert (await other.take_watch(high[1])).holder == "low"
    given = await mine.take_watch(low[1])
    assert (given.holder, given.kind, given.unwatched_from) == ("high", "hbmcp watch", None)
    assert (await mine.take_watch(low[2])).holder == "high"
    assert (await other.take_watch(high[2])).holder == "high"
    assert (await mine.take_watch(same)).holder == "high"
    assert (await other.take_watch(high[3])).holder == "high"
    seen = await mine.watch()
    assert seen is not None
    assert (seen.holder, seen.rank) == ("high", 2)


async def test_a_claim_ends_with_who_made_it(url: str) -> None:
    mine, other = store(url), store(url)
    await mine.take_watch(Watch("low", "a client's", NOW, NOW + 10))
    await other.take_watch(Watch("high", "hbmcp watch", NOW + 1, NOW + 3, rank=2))
    assert (await mine.take_watch(Watch("low", "a client's", NOW + 5, NOW + 15))).holder == "low"


async def test_a_clock_that_is_set_back_keeps_nobody_from_watching(url: str) -> None:
    mine = store(url)
    await mine.take_watch(Watch("gone", "a test", NOW, NOW + 10))
    hour = NOW - 3_600_000
    assert (await mine.take_watch(Watch("mine", "a test", hour, hour + 10))).holder == "mine"
    await mine.aclose()


@pytest.mark.parametrize("apart", [60_000, -60_000, 3_600_000])
async def test_machines_whose_clocks_differ_watch_one_at_a_time(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    url = postgresql.database()
    mine, other = await two(url)
    machine = times.machine

    async def take(one: Store, holder: str, ahead: int, lease: int = 18_000) -> Watch:
        monkeypatch.setattr(times, "machine", lambda: machine() + ahead)
        return await one.take_watch(Watch(holder, "a test", times.machine(), times.machine() + lease))

    assert (await take(mine, "mine", 0)).holder == "mine"
    seen = await take(other, "other", apart)
    assert seen.holder == "mine"
    assert abs(seen.until - times.machine() - 18_000) < 5_000
    assert (await take(mine, "mine", 0)).unwatched_from is None
    await mine.leave_watch("mine", times.machine())
    assert (await take(other, "other", apart)).holder == "other"
    assert (await take(mine, "mine", 0)).holder == "other"
    await closed(mine, other)
