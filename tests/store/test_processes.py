"""Several processes at one store, and a process that is killed while it writes."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from hbmcp import times
from tests import forked
from tests.conftest import environment
from tests.forked import Popen
from tests.store.opening import ORDER, order, store

pytestmark = pytest.mark.anyio

HEAD = """
import asyncio, sys
from decimal import Decimal
from hbmcp import times
from hbmcp.identity import Identity
from hbmcp.settings import load
from hbmcp.store import FundingReading, SentOrder, Store

store = Store.open(told := load(), Identity.of(told))
def order(name):
    return SentOrder(name, "binance", "BTC-USDT", "BUY", "MARKET", Decimal(1), None, None, times.now())
"""

WRITE_FORTY = """
async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(40):
        await store.name_order(await store.remember_order(order(sys.argv[1])), f"{sys.argv[1]}-{number}")
asyncio.run(main())
"""

WRITE_ONE = """
async def main():
    await store.remember_order(order(sys.argv[1]))
    print(sorted(one.account for one in await store.sent_orders()))
    await store.aclose()
asyncio.run(main())
"""

WATCH = """
from hbmcp.store import Watch
async def main():
    for line in sys.stdin:
        store = Store.open(told, Identity.of(told))
        now = times.now()
        held = await store.take_watch(Watch(sys.argv[1], "a test", now, now + 60_000))
        print(held.holder, flush=True)
        sys.stdin.readline()
        await store.leave_watch(sys.argv[1], times.now())
        await store.aclose()
        print("left", flush=True)
asyncio.run(main())
"""

WRITE_ON = """
async def main():
    for number in range(100_000):
        await store.remember_order(order(str(number)))
        now = times.now()
        await store.keep_funding(FundingReading(str(number), str(n), Decimal(n), None, now) for n in range(100))
        print(number, flush=True)
asyncio.run(main())
"""


@contextmanager
def process(script: str, *arguments: str, url: str, cwd: Path) -> Iterator["subprocess.Popen[str]"]:
    started = Popen(
        [sys.executable, "-c", HEAD + script, *arguments],
        env=environment(HBMCP_STATE_URL=url, HUMMINGBOT_API_USERNAME="trader"),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def _read(started: "subprocess.Popen[str]") -> str:
    assert started.stdout is not None
    return started.stdout.readline()


async def test_processes_open_an_empty_store_at_once_and_write(url: str, tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    with ExitStack() as stack:
        started = [stack.enter_context(process(WRITE_FORTY, name, url=url, cwd=tmp_path)) for name in names]
        assert [_read(one) for one in started] == ["ready\n"] * 3
        for one in started:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        assert [one.wait(60) for one in started] == [0, 0, 0]
    found = await store(url).sent_orders()
    assert sorted(one.order_id or "" for one in found) == sorted(f"{a}-{n}" for a in names for n in range(40))
    assert all(one.order_id and one.order_id.startswith(one.account) for one in found)


@pytest.mark.slow
async def test_of_two_that_start_at_once_one_watches_a_hundred_times(url: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        started = {name: stack.enter_context(process(WATCH, name, url=url, cwd=tmp_path)) for name in ("a", "b")}

        def all_answer() -> list[str]:
            for one in started.values():
                assert one.stdin is not None
                one.stdin.write("go\n")
                one.stdin.flush()
            return [_read(one).strip() for one in started.values()]

        for _ in range(100):
            holder, same = all_answer()
            assert holder == same
            assert holder in started
            assert all_answer() == ["left", "left"]


async def test_what_was_written_outlives_the_process_whole(url: str, tmp_path: Path) -> None:
    with process(WRITE_ON, url=url, cwd=tmp_path) as writer:
        done = [int(_read(writer)) for _ in range(5)][-1]
        writer.kill()
        done = max([done, *map(int, writer.communicate()[0].split())])
    opened = store(url)
    orders = {int(one.account) for one in await opened.sent_orders()}
    assert set(range(done + 1)) <= orders <= set(range(done + 2))
    readings = await opened.funding_readings(since=0)
    batches = Counter(one.connector for one in readings)
    assert set(batches.values()) == {100}
    assert len(batches) in (done + 1, done + 2)
    await opened.remember_order(ORDER)
    assert ORDER in await opened.sent_orders()


async def test_what_is_opened_twice_in_one_process_is_still_one_store_with_another_process(url: str) -> None:
    """SQLite's locks are a process's: who opens and closes the file by itself gives them up for all of it, and then
    the next process to leave takes away what this one still writes to."""
    first, second = store(url), store(url)
    for one in (first, second):
        await one.remember_order(order(times.now()))
    assert _one(url, "other") == "['master', 'master', 'other']\n"
    await first.remember_order(order(times.now()))
    assert _one(url, "third") == "['master', 'master', 'master', 'other', 'third']\n"
    assert len(await first.sent_orders()) == len(await second.sent_orders()) == 5
    await first.aclose()
    await second.aclose()


def _one(url: str, name: str) -> str:
    """What another process finds, once it has written under that name."""
    ran = forked.run(
        [sys.executable, "-c", HEAD + WRITE_ONE, name],
        env=environment(HBMCP_STATE_URL=url, HUMMINGBOT_API_USERNAME="trader"),
        capture_output=True,
        check=True,
        text=True,
    )
    return ran.stdout
