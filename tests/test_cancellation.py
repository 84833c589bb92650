"""What a cancelled call leaves behind: nothing that it didn't do."""

import asyncio
import gc
import logging
import math
import threading
import warnings
from collections.abc import AsyncIterator, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from hbmcp import settings
from hbmcp.api import attempt
from hbmcp.api.connection import PLACES
from hbmcp.bridge import Bridge
from hbmcp.caller import Caller
from hbmcp.cancellation import cancelled_once
from hbmcp.catalog import Catalog
from hbmcp.errors import Refused, StoreError
from hbmcp.installation.installation import Installation, all_of, together
from hbmcp.installation.orders.sending import planned_order, send_order
from hbmcp.installation.plan import Plan
from hbmcp.policy.model import Policy
from hbmcp.results.answer import Answer
from hbmcp.store import SentOrder
from hbmcp.store.rows import Rows
from hbmcp.times import now
from tests.conftest import EVERY, PASSWORD, USERNAME
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.installation.granted import granted

pytestmark = pytest.mark.anyio

OFFER = Catalog.load().choose(tools=EVERY)
MARKET = {
    "account_name": "master_account",
    "connector_name": "binance",
    "trading_pair": "BTC-USDT",
    "side": "BUY",
    "amount": 0.1,
    "order_type": "MARKET",
}
ORDER = SentOrder(
    account="master_account",
    connector="binance",
    pair="BTC-USDT",
    side="BUY",
    type="MARKET",
    amount=Decimal("0.1"),
    price=None,
    action=None,
    time=now(),
)
PLANNED = planned_order(ORDER, None, reduces=False)


@pytest.fixture
async def bridge(api: FaultyApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bridge]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HBMCP_STATE_URL", f"sqlite:///{tmp_path / 'state.sqlite'}")
    bridge = Bridge(
        OFFER, settings.load({"api_url": api.url, "api_username": USERNAME, "api_password": PASSWORD}), policy=Policy()
    )
    yield bridge
    await bridge.aclose()


def connections(bridge: Bridge) -> list[Any]:
    """Those that are lent or in use, and so can't be used by others."""
    pool: Any = bridge._api.ours._client.http._transport  # type: ignore[union-attr]
    kept = [one for _, transport in pool.idle for one in transport._pool.connections]
    return [*pool.lent, *(one for one in kept if not one.is_idle())]


async def seen(api: FaultyApi, requests: int) -> None:
    with anyio.fail_after(10):
        while len(api.requests) < requests:
            await anyio.sleep(0.001)


async def cancelled_after(steps: int, work: Coroutine[Any, Any, Any], seconds: float = 0) -> None:
    """Cancel it as the SDK does: with a scope that cancels again and again."""
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: work)
        for _ in range(steps):
            await asyncio.sleep(seconds)
        group.cancel_scope.cancel()


async def test_cancelled_calls_give_their_connections_back(bridge: Bridge, api: FaultyApi) -> None:
    before = asyncio.all_tasks()
    for _ in range(8):
        api.reset()
        api.then(Reply.json([f"account {number}" for number in range(8)]))
        api.always = HANG
        async with anyio.create_task_group() as group:
            group.start_soon(bridge.call, "get_positions", {})
            await seen(api, 1 + 8)
            group.cancel_scope.cancel()
        assert connections(bridge) == []
    assert asyncio.all_tasks() == before
    api.always = Reply.json(["master_account"])
    assert (await bridge.call("list_accounts", {})).text == '["master_account"]'


async def test_at_whichever_step_a_request_is_cancelled(bridge: Bridge) -> None:
    before = asyncio.all_tasks()
    for steps in range(60):
        if steps % 2 and bridge._api.ours._http is not None:  # on a new connection, and on one that is there
            await bridge._api.ours._http._transport.aclose()
        await cancelled_after(steps, bridge.call("list_accounts", {}))
        assert bridge._api.ours._client is None or connections(bridge) == [], steps
        assert asyncio.all_tasks() == before
        assert bridge._api.ours._places._value == PLACES


async def test_without_a_place_in_the_pool_nothing_is_sent_and_it_can_be_cancelled(
    bridge: Bridge, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    bridge._api.ours._places = asyncio.Semaphore(1)
    api.always = HANG

    def asked() -> list[tuple[str, str]]:
        """Without what tests before cancelled, which may come as late as now."""
        return [(one.method, one.path) for one in api.requests if one.path != "/accounts/"]

    async with anyio.create_task_group() as group:
        group.start_soon(bridge.call, "get_connected_exchanges", {"account_name": "alone"})
        with anyio.fail_after(10):
            while not asked():
                await anyio.sleep(0.001)
        await cancelled_after(5, bridge.call("submit_order", MARKET))
        monkeypatch.setattr(attempt, "FOR_A_PLACE", 0.01)
        text = (await bridge.call("submit_order", MARKET)).text
        assert text.startswith("Too many calls to the Hummingbot API are under way. Nothing was sent.")
        group.cancel_scope.cancel()
    assert asked() == [("GET", "/accounts/alone/credentials")]


# Orders: what is remembered of them


@pytest.fixture
def placing(bridge: Bridge, api: FaultyApi) -> Installation:
    """The installation as place_order's commit sees it; its API has no orders, and takes every one."""
    api.always = Reply.json({"order_id": "the-id", "data": [], "pagination": {"has_more": False}})
    tool = OFFER.catalog.tools["place_order"]
    grant = granted(Plan(Answer(None), (PLANNED.request,) * 1200), math.inf)
    return bridge.installation(Caller(tool.name, tool.toolset, tool.parts), grant)


async def send(installation: Installation) -> None:
    await send_order(installation, PLANNED)


async def remembered(installation: Installation) -> list[str | None]:
    """The ids of what the store has, once what was given up is undone."""
    await installation.store._worker.aclose()
    return [order.order_id for order in await installation.store.sent_orders()]


def placed(api: FaultyApi) -> int:
    return sum(request.path == "/trading/orders" for request in api.requests)


async def test_at_whichever_moment_sending_is_cancelled_it_is_remembered_only_if_it_was_sent(
    placing: Installation, bridge: Bridge, api: FaultyApi
) -> None:
    await placing.store.sent_orders()  # opens it
    kinds = set()
    for moment in range(0, 1200, 2):
        if moment >= 120 and ("the-id",) in kinds:  # a busy machine takes more moments until an order has its id
            break
        sent, kept = placed(api), await remembered(placing)
        await cancelled_after(moment, send(placing), seconds=0.0002)
        await bridge.call("list_accounts", {})  # by when a request before it has arrived
        now = await remembered(placing)
        assert len(now) - len(kept) == placed(api) - sent, moment
        kinds.add(tuple(now[: len(now) - len(kept)]))
    # Whether one of them is out and not answered is chance: the test of one that hangs has that for sure.
    assert {(), ("the-id",)} <= kinds


async def test_an_order_that_is_cancelled_while_it_is_written_down_is_forgotten(
    placing: Installation, api: FaultyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    remember = Rows.remember_order

    def slow(rows: Rows, order: SentOrder) -> int:
        begun.set()
        go_on.wait(10)
        return remember(rows, order)

    monkeypatch.setattr(Rows, "remember_order", slow)
    async with anyio.create_task_group() as group:
        group.start_soon(send, placing)
        assert await asyncio.to_thread(begun.wait, 10)
        group.cancel_scope.cancel()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert await remembered(placing) == []
    assert placed(api) == 0


async def test_one_that_is_cancelled_when_it_is_out_is_remembered_and_logged(
    bridge: Bridge, placing: Installation, api: FaultyApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "hbmcp")
    api.then(HANG)
    async with anyio.create_task_group() as group:
        group.start_soon(send, placing)
        await seen(api, 1)
        group.cancel_scope.cancel()
    assert await remembered(placing) == [None]
    assert "place_order: cancelled when it was sent; what became of it isn't known" in caplog.text
    async with anyio.create_task_group() as group:
        api.then(HANG)
        group.start_soon(bridge.call, "list_accounts", {})
        await seen(api, 2)
        group.cancel_scope.cancel()
    assert caplog.messages[-1] == "list_accounts: cancelled"


@pytest.mark.parametrize("cancelled", [True, False])
async def test_an_id_that_the_store_does_not_take_is_in_the_log(
    cancelled: bool,
    placing: Installation,
    api: FaultyApi,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It was locked, or who asked left meanwhile, and nobody is answered."""
    begun, go_on = threading.Event(), threading.Event()

    def locked(*_: Any) -> None:
        begun.set()
        go_on.wait(10)
        raise StoreError("It is locked.")

    monkeypatch.setattr(Rows, "name_order", locked)
    async with anyio.create_task_group() as group:
        group.start_soon(send, placing)
        assert await asyncio.to_thread(begun.wait, 10)
        if cancelled:
            group.cancel_scope.cancel()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert placed(api) == 1
    assert "rder the-id was placed" in caplog.text


# Several questions


async def test_none_goes_on_after_one_has_failed() -> None:
    went_on: list[str] = []

    async def question(name: str, seconds: float) -> str:
        try:
            await asyncio.sleep(seconds)
            went_on.append(name)
        finally:
            await asyncio.sleep(0.01)
            went_on.append(f"{name} ended")
        return name

    async def failing(error: Exception) -> str:
        await asyncio.sleep(0)
        raise error

    with pytest.raises(ZeroDivisionError):
        await together([question("slow", 60), failing(ZeroDivisionError()), question("waits", 60)], at_once=2)
    assert went_on == ["slow ended"]
    with pytest.raises(Refused):
        await all_of(question("second", 60), failing(Refused("No.")))
    assert went_on == ["slow ended", "second ended"]
    await cancelled_after(3, together([question("third", 60)]))
    assert went_on[2:] == ["third ended"]
    assert await all_of(question("a", 0), question("b", 0)) == ["a", "b"]


async def test_a_clean_up_is_cancelled_once_however_often_who_waits_is() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            ended.append("cleaned up")

    await cancelled_after(2, cancelled_once(work()))
    task = asyncio.create_task(cancelled_once(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended == ["cleaned up", "cleaned up"]


async def test_no_question_is_left_that_was_never_asked() -> None:
    async def inner() -> None:
        await asyncio.sleep(60)

    async def outer(question: Coroutine[Any, Any, None]) -> None:
        await question

    gc.collect()  # what tests before this one have left is none of its questions
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        for steps in range(1, 8):
            await cancelled_after(steps, all_of(outer(inner()), outer(inner())))
            await cancelled_after(steps, together((outer(inner()) for _ in range(3)), at_once=1))
            await cancelled_after(steps, together([inner() for _ in range(3)], at_once=1))
        gc.collect()
    assert [str(one.message) for one in complaints] == []
