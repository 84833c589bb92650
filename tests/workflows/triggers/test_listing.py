"""list_triggers, get_trigger and cancel_trigger."""

from typing import Any

import pytest
from attrs import evolve

from hbmcp import times
from hbmcp.store import Watch
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import rest
from tests.workflows.answers import flat, head
from tests.workflows.triggers.test_create_trigger import BTC, BUY, MINE

pytestmark = pytest.mark.anyio


async def test_they_are_listed_until_they_end(talk: Any) -> None:
    async with talk() as call:
        assert await call.good("list_triggers") == "No trigger waits."
        await call.good("create_trigger", **BTC, below="45000", note="cheap")
        listed = await call.good("list_triggers")
        assert '"last price of BTC-USDT on binance is 45000 or less"' in listed
        assert "note=cheap" in listed or "cheap" in listed
        assert flat(await call.good("cancel_trigger", id=1)) == {"id": 1, "result": "cancelled"}
        assert await call.good("list_triggers") == "No trigger waits."
        ended = await call.good("list_triggers", all=True)
        (*_, last) = await call.bridge.store.trigger_events(keys=[1])
        assert "cancelled" in ended
        assert "ended" in ended
        assert last.cause in ended
        assert "it is cancelled" in await call.bad("cancel_trigger", id=1)
        assert "There is no trigger 9" in await call.bad("get_trigger", id=9)
        assert "One of id, trading_pair and all=true" in await call.bad("cancel_trigger")


async def test_a_preview_cancels_nothing_and_all_means_all(talk: Any) -> None:
    async with talk() as call:
        for level in ("1", "2"):
            await call.good("create_trigger", **BTC, below=level)
        assert "would_cancel" in await call.good("cancel_trigger", all=True, preview=True)
        assert len(await call.bridge.store.triggers(states=["waiting"])) == 2
        await call.good("cancel_trigger", all=True)
        assert await call.bridge.store.triggers(states=["waiting"]) == []
        assert await call.good("cancel_trigger", all=True) == "No trigger waits."


async def test_those_of_a_pair_or_a_base_end_together(talk: Any) -> None:
    async with talk() as call:
        for pair in ("BTC-USDT", "ETH-USDT", "BTC-USDT"):
            await call.good("create_trigger", **BTC | {"trading_pair": pair}, below="1")
        assert "No trigger of SOL-USDT waits." in await call.good("cancel_trigger", trading_pair="SOL-USDT")
        await call.good("cancel_trigger", trading_pair="BTC")
        assert [row.key for row in await call.bridge.store.triggers(states=["waiting"])] == [2]
        assert "needed" in await call.bad("cancel_trigger", trading_pair="BTC", all=True)


async def test_columns_stand_in_one_order_whatever_the_first_row_has(talk: Any) -> None:
    """So that a short row isn't read by the columns of another call."""
    async with talk() as call:
        await call.good("create_trigger", watch="time", above="2h", note="noon")
        does = {"then": "cancel_orders", "arguments": {"all": True}}
        await call.good("create_trigger", watch="time", above="2h", **does, every=86400, times=2)
        text = await call.good("list_triggers")
    assert "\nid then times note\n" in text


async def test_the_list_says_why_one_that_is_met_does_not_act(talk: Any) -> None:
    async with talk() as call:
        for level in ("1", "2"):
            await call.good("create_trigger", **BTC, below=level)
        (row,) = await call.bridge.store.triggers(keys=[2])
        await call.bridge.store.keep_trigger_memory(
            [evolve(row, memory='{"doubted":1,"doubt":"nothing else says so"}')]
        )
        listed = await call.good("list_triggers")
    assert listed.count("nothing else says so") == 1


async def test_who_watches_is_said_and_since_when_nobody_did(talk: Any) -> None:
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="1")
        now = times.machine()
        await call.bridge.store.take_watch(Watch("a", "hbmcp watch", now, now + 60_000))
        assert head(await call.good("list_triggers"))["watched_by"] == "hbmcp watch"
        await call.bridge.store.leave_watch("a", now)
        ends = Watch("b", "this server", now, now + 60_000)
        await call.bridge.store.take_watch(ends)
        assert head(await call.good("list_triggers"))["watched_by"] == "this server"
        armed = head(await call.good("create_trigger", **BTC, below="1"))
        assert armed["watched_by"].startswith("this server; `hbmcp watch`"), "who arms hears what needs no client"
        await call.bridge.store.leave_watch("b", now)
        assert head(await call.good("list_triggers"))["watched_by"].startswith(f"nobody since {times.utc(now)}; ")


async def test_a_time_in_which_nobody_watched_is_told_to_who_waited(talk: Any, api: PaperApi) -> None:
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="1")
        set_at, now = api.clock.now(), times.machine()
        watch = Watch("a", "hbmcp watch", now, now + 60_000, set_at - 5000, set_at + 5000)
        await call.bridge.store.take_watch(watch)
        told = "Nobody watched from 2026-11-22T08:43:23Z to 2026-11-22T08:43:28Z: what was met only then was missed."
        assert told in await call.good("list_triggers")
        api.clock.advance(60_000)
        await call.good("cancel_trigger", id=1)
        await call.good("create_trigger", **BTC, below="2")
        assert "Nobody watched" not in await call.good("list_triggers")


async def test_one_shows_its_readings_events_and_orders(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="45000")
        store = call.bridge.store
        memory = f'{{"value":"50000","read":{times.now()},"references":["{order}"],"came":"bought"}}'
        (row,) = await store.triggers(keys=[1])
        await store.keep_trigger_memory([evolve(row, memory=memory)])
        text = await call.good("get_trigger", id=1)
        told = head(text)
        assert (told["last"], told["distance_percent"], told["came_to"]) == (50000, -10, "bought")
        assert "armed" in text
        assert order in text
        assert "OPEN" in text


async def test_how_far_beyond_its_level_one_opens_is_no_percentage_of_a_spread(talk: Any) -> None:
    async with talk() as call:
        spread = {"watch": "spread", "other_connector": "kucoin", "above": "2%"}
        await call.good("create_trigger", **MINE, **spread, **BUY, slip="0.5")
        told = head(await call.good("get_trigger", id=1))
    assert told["slip"] == 0.5
    assert "slip_percent" not in told


async def test_taking_away_a_protection_is_judged_as_that(talk: Any, api: PaperApi) -> None:
    """Ending an alert takes nothing away."""
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair="BTC-USDT", stop="-5%")
        await call.good("create_trigger", **BTC, below="1")
        seen: list[str] = []
        grant = call.bridge._gate.grant

        async def granted(given: Any, plan: Any, *more: Any) -> Any:
            seen.extend(one.effect for one in plan.requests)
            return await grant(given, plan, *more)

        call.bridge._gate.grant = granted
        told = await call.good("cancel_trigger", id=1)
        assert "What 1 protected has that no more" in told
        await call.good("cancel_trigger", id=2)
        assert seen == ["unprotects", "cancels"]
