"""A database that freezes keeps nobody waiting, and what is given up isn't done when it thaws."""

import asyncio
import subprocess
import sys
from pathlib import Path
from threading import Event, current_thread

import pytest

from hbmcp.errors import StoreError
from hbmcp.installation.orders import sending
from hbmcp.policy import counting
from hbmcp.policy.audit import audit
from hbmcp.store import worker
from hbmcp.store.worker import STALLED, Worker
from tests.conftest import environment
from tests.forked import Popen
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi
from tests.paper.perpetual_account import open_position
from tests.paper.spot_account import BUY, PLACE, SELL, orders, rest
from tests.policy.audited import audited
from tests.store.opening import ORDER, order, store
from tests.store.postgresql_cluster import Cluster

pytestmark = pytest.mark.anyio


async def test_a_frozen_postgresql_is_given_up_and_what_was_asked_is_not_done_later(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = store(postgresql.database())
    await opened.remember_order(ORDER)
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    with postgresql.frozen():
        with pytest.raises(StoreError, match="doesn't answer"):
            await opened.remember_order(order(2_000))
        with pytest.raises(StoreError, match="doesn't answer"):
            await opened.sent_orders()
    await opened._worker.aclose()
    monkeypatch.undo()
    assert await opened.sent_orders() == [ORDER]
    await opened.remember_order(order(3_000))
    assert await opened.sent_orders() == [order(3_000), ORDER]
    await opened.aclose()


async def test_with_a_frozen_postgresql_only_what_reduces_is_sent(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = store(postgresql.database())
    await opened.sent_orders()
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    with PaperApi(tmp_path / "files") as api:
        resting = rest(api)
        async with assistant(api, monkeypatch) as call:
            monkeypatch.setattr(call.bridge, "store", opened)
            with postgresql.frozen():
                text = await call.bad("place_order", **BUY, amount=0.01, order_type="MARKET")
                assert "doesn't answer" in text
                assert "Nothing was sent." in text
                assert PLACE not in call.asked
                await call.good("cancel_order", order_id=resting)
                text = await call.good("place_order", **SELL, amount=0.01, order_type="MARKET")
                assert "doesn't answer" in text
            await opened._worker.aclose()
            assert [one.side for one in orders(api) if one.id != resting] == ["SELL"]
            monkeypatch.setattr(worker, "PATIENCE", 12.0)
            assert await opened.sent_orders() == []
    await opened.aclose()


async def test_what_reduces_waits_less_for_it(
    postgresql: Cluster, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = store(postgresql.database())
    await opened.sent_orders()
    for module in (sending, counting, audit):
        monkeypatch.setattr(module, "TO_REDUCE", 0.2)
    async with audited(tmp_path, monkeypatch, opened) as it:
        monkeypatch.setattr(it.call.bridge, "store", opened)
        open_position(it.api, "BUY", "0.01")
        with postgresql.frozen():
            text = await it.call.good("close_position", trading_pair="BTC-USDT")
        assert "couldn't be remembered" in text
        assert "it was given" not in text  # all the time that others have
        assert [one["event"] for one in it.lines] == ["begin", "end"]
    await opened.aclose()


def test_a_process_ends_although_its_database_is_frozen(postgresql: Cluster) -> None:
    script = """
import asyncio
from hbmcp.identity import Identity
from hbmcp.settings import load
from hbmcp.store import Store, StoreError, worker
store = Store.open(told := load(), Identity.of(told))

async def main():
    await store.sent_orders()
    print("opened", flush=True)
    input()
    worker.PATIENCE = 0.5
    try:
        await store.sent_orders()
    except StoreError as error:
        print(error)
    await store.aclose()

asyncio.run(main())
"""
    env = environment(HBMCP_STATE_URL=postgresql.database(), HUMMINGBOT_API_USERNAME="trader")
    with Popen(
        [sys.executable, "-c", script], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "opened\n"
        with postgresql.frozen():
            out, _ = process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert "doesn't answer" in out


async def test_who_is_cancelled_leaves_nothing_behind(url: str) -> None:
    opened = store(url)
    await opened.sent_orders()
    for _ in range(20):
        asked = asyncio.create_task(opened.remember_order(ORDER))
        await asyncio.sleep(0)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
    await opened._worker.aclose()
    assert await opened.sent_orders() == []
    await opened.aclose()


async def test_no_more_is_asked_of_what_hangs_than_a_few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.01)
    thaw, asked, asker = Event(), [], Worker()

    def hang() -> None:
        asked.append(1)
        thaw.wait()

    for _ in range(STALLED + 3):
        with pytest.raises(StoreError, match="doesn't answer"):
            await asker.run(hang)
    assert len(asked) == STALLED
    thaw.set()
    await asker.aclose()
    assert await asker.run(lambda: "again") == "again"


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), TimeoutError(), ValueError("a defect")])
async def test_what_cannot_be_undone_stands_in_nobodys_way(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker, "PATIENCE", 0.01)
    thaw, asker = Event(), Worker()

    def undo(_: object) -> None:
        raise error

    for _ in range(STALLED):
        with pytest.raises(StoreError, match="doesn't answer"):
            await asker.run(thaw.wait, undo)
    thaw.set()
    await asker.aclose()
    assert caplog.text.count("couldn't be undone") == STALLED
    monkeypatch.undo()
    assert await asker.run(lambda: "again") == "again"


async def test_a_thread_does_one_question_after_the_other_and_none_waits_for_one_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thaw, asker = Event(), Worker()
    threads = {await asker.run(current_thread) for _ in range(30)}
    assert len(threads) < 10  # the next question may come before the thread of the last is free
    monkeypatch.setattr(worker, "IDLE", 0.01)
    hangs = [asyncio.create_task(asker.run(thaw.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    beside = {await asker.run(current_thread) for _ in range(5)}
    thaw.set()
    assert [await one for one in hangs] == [True] * 3
    for thread in beside - threads:
        await asyncio.to_thread(thread.join, 10)  # which nobody needs any more
        assert not thread.is_alive()
    assert await asker.run(lambda: "again") == "again"


async def test_of_two_who_ask_at_the_moment_when_a_thread_ends_both_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "IDLE", 0.0)
    asker = Worker()
    for _ in range(50):
        assert await asyncio.gather(*(asker.run(lambda: 1) for _ in range(4))) == [1] * 4
