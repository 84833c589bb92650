"""cancel_after: a switch that somebody must watch who outlives the client, and that the same call sets anew."""

from typing import Any

import pytest

from hbmcp import times
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.store import Watch
from tests.paper.assistant import Assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import rest
from tests.workflows.answers import head

pytestmark = pytest.mark.anyio

SPOT = {"connector_name": "binance"}


async def watched(call: Assistant, kind: str = "hbmcp watch") -> None:
    now = times.machine()
    await call.bridge.store.take_watch(Watch(kind, kind, now, now + 60_000))


async def kept(call: Assistant) -> list[Trigger]:
    return [Trigger.of(row) for row in await call.bridge.store.triggers(states=["waiting"])]


async def test_it_is_set_anew_and_ended(talk: Any, api: PaperApi) -> None:
    rest(api)
    async with talk() as call:
        await watched(call)
        assert head(await call.good("cancel_after", **SPOT, minutes=5))["in"] == "5 min"
        told = head(await call.good("cancel_after", **SPOT, minutes=7))
        assert (told["replaces"], told["watched_by"]) == ("1", "hbmcp watch")
        (one,) = await kept(call)
        assert one.spec.when.level == api.clock.now() + 7 * 60_000
        assert one.spec.then is not None
        assert (one.spec.then.tool, dict(one.spec.then.arguments)) == ("cancel_orders", SPOT)
        await call.good("cancel_after", minutes=9, trading_pair="ETH-USDT")
        assert len(await kept(call)) == 2, "other filters are another switch"
        await call.good("cancel_after", **SPOT, minutes=0)
        (left,) = await kept(call)
        assert left.spec.then is not None
        assert left.spec.then.arguments == {"trading_pair": "ETH-USDT"}
        await call.good("cancel_after", minutes=0)
        assert await call.good("cancel_after", minutes=0) == "No such switch is set."
    assert api.paper.engine.orders()[0].status == "OPEN"


async def test_it_closes_positions_too_where_that_is_asked(talk: Any, api: PaperApi) -> None:
    open_position(api, "BUY", "0.05")
    async with talk() as call:
        await watched(call)
        await call.good("cancel_after", minutes=5, all=True, close_positions=True)
        orders, *positions = await kept(call)
        assert {one.row.bond for one in (orders, *positions)} == {None}, "none ends the others"
        assert orders.spec.then is not None
        assert orders.spec.then.arguments == {"all": True}
        closing = [one.spec.then for one in positions if one.spec.then is not None]
        assert {one.tool for one in closing} == {"close_positions"}
        assert {"account_name": "master_account", "preview": False, "again": True} in [
            dict(one.arguments) for one in closing
        ]
        await call.good("cancel_after", minutes=6, all=True)
        assert len(await kept(call)) == 1


@pytest.mark.parametrize("kind", ["", "this server, as long as its client stays"])
async def test_nobody_watches_who_outlives_the_client(talk: Any, kind: str) -> None:
    async with talk() as call:
        if kind:
            await watched(call, kind)
        told = await call.bad("cancel_after", **SPOT, minutes=5)
        assert told.startswith("Nothing would watch it once this client is gone")
        assert await kept(call) == []


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"minutes": 5}, "No filter is given"),
        ({"minutes": 5, "connector_name": ""}, "is empty"),
        ({"minutes": 5, "connector_name": "nope"}, "No account is connected to nope"),
        ({"minutes": -1, **SPOT}, "minutes can't be -1."),
        ({"minutes": 5, **SPOT, "close_positions": True}, "is no perpetual exchange"),
    ],
)
async def test_what_cannot_be_meant_is_refused(talk: Any, arguments: dict[str, Any], why: str) -> None:
    async with talk() as call:
        await watched(call)
        assert why in await call.bad("cancel_after", **arguments)
        assert await kept(call) == []
