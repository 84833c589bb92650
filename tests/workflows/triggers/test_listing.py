"""list_triggers, get_trigger and cancel_trigger."""

from typing import Any

import pytest

from hbmcp import times
from hbmcp.store import Watch
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import rest
from tests.workflows.answers import flat, head
from tests.workflows.triggers.test_create_trigger import BTC

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
        assert "cancelled" in await call.good("list_triggers", all=True)
        assert "it is cancelled" in await call.bad("cancel_trigger", id=1)
        assert "There is no trigger 9" in await call.bad("get_trigger", id=9)
        assert "Either id or all=true" in await call.bad("cancel_trigger")


async def test_a_preview_cancels_nothing_and_all_means_all(talk: Any) -> None:
    async with talk() as call:
        for level in ("1", "2"):
            await call.good("create_trigger", **BTC, below=level)
        assert "would_cancel" in await call.good("cancel_trigger", all=True, preview=True)
        assert len(await call.bridge.store.triggers(states=["waiting"])) == 2
        await call.good("cancel_trigger", all=True)
        assert await call.bridge.store.triggers(states=["waiting"]) == []
        assert await call.good("cancel_trigger", all=True) == "No trigger waits."


async def test_who_watches_is_said_and_since_when_nobody_did(talk: Any) -> None:
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="1")
        now = times.machine()
        await call.bridge.store.take_watch(Watch("a", "hbmcp watch", now, now + 60_000))
        assert head(await call.good("list_triggers"))["watched_by"] == "hbmcp watch"
        await call.bridge.store.leave_watch("a", now)
        assert head(await call.good("list_triggers"))["watched_by"].startswith(f"nobody since {times.utc(now)}; ")


async def test_one_shows_its_readings_events_and_orders(talk: Any, api: PaperApi) -> None:
    order = rest(api)
    async with talk() as call:
        await call.good("create_trigger", **BTC, below="45000")
        store = call.bridge.store
        memory = f'{{"value":"50000","read":{times.now()},"references":["{order}"],"came":"bought"}}'
        await store.keep_trigger_memory({1: memory}, "waiting")
        text = await call.good("get_trigger", id=1)
        told = head(text)
        assert (told["last"], told["distance_percent"], told["came_to"]) == (50000, -10, "bought")
        assert "armed" in text
        assert order in text
        assert "OPEN" in text


async def test_taking_away_a_protection_is_judged_as_that(talk: Any, api: PaperApi) -> None:
    """By a policy that doesn't let this account be touched; ending an alert takes nothing away."""
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await call.good("protect_position", trading_pair="BTC-USDT", stop="-5%")
        await call.good("create_trigger", **BTC, below="1")
        seen: list[str] = []
        foresee = call.bridge._gate._foresee

        async def foreseen(given: Any, plan: Any) -> str:
            seen.extend(one.effect for one in plan.later)
            return str(await foresee(given, plan))

        call.bridge._gate._foresee = foreseen
        told = await call.good("cancel_trigger", id=1)
        assert "What 1 protected has that no more" in told
        await call.good("cancel_trigger", id=2)
        assert seen == ["unprotects", "cancels"]
