"""What was granted: counted once, whoever asks at once, and also where a process dies between reserving and sending."""

import asyncio
import os
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hbmcp import times
from hbmcp.errors import LimitReached, StoreError
from hbmcp.store import LedgerRow, Settled, Settling, Store, worker
from hbmcp.store.rows import Rows
from tests.sampling import sampled
from tests.store.opening import ORDER, store
from tests.store.postgresql_cluster import Cluster
from tests.store.test_processes import process

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000
DAY = 86_400_000
ROW = LedgerRow(
    NOW, "client", "tests", "place_order", "d", "BUY", "opens", "master", "binance", "BTC-USDT", Decimal("0.10"), "USDT"
)

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
rows = st.builds(
    LedgerRow,
    *(st.integers(NOW, 2**62), *[text] * 6, *[st.none() | text] * 3, st.decimals(allow_nan=False), text),
    *(st.none() | text, st.sampled_from(["reserved", "sent", "unknown"]), st.none() | text),
)


def nobody(granted: Any) -> None:
    """Refuses nothing."""


def at_most(limit: Decimal, asked: Decimal) -> Any:
    def judge(granted: Any) -> None:
        if sum((row.opened for row in granted), asked) > limit:
            raise LimitReached("The limit is reached.")

    return judge


@given(several=st.lists(rows, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
async def test_every_digit_comes_back(several: list[LedgerRow], url: str) -> None:
    opened = store(url, api_url=f"http://{os.urandom(8).hex()}")  # each example its own rows
    keys = await opened.reserve(several, 0, nobody)
    found = await opened.granted(0)
    assert len(set(keys)) == len(several)
    await opened.settle(Settling(released=keys))
    assert await opened.granted(0) == []
    await opened.aclose()
    assert [str(one.opened) for one in sorted(several, key=lambda one: one.time)] == [str(one.opened) for one in found]


async def test_what_is_settled_stays_and_what_is_released_goes(url: str) -> None:
    opened = store(url)
    keys = await opened.reserve([ROW, evolve(ROW, tool="a"), evolve(ROW, tool="b")], 0, nobody)
    await opened.settle(Settling({keys[0]: Settled("sent", "X-1"), keys[1]: Settled("unknown", None)}, [keys[2]]))
    await opened.aclose()
    found = await store(url).granted(0)
    assert [(one.tool, one.state, one.reference) for one in found] == [
        ("place_order", "sent", "X-1"),
        ("a", "unknown", None),
    ]
    assert await store(url, api_url="http://elsewhere").granted(0) == []


async def test_what_the_judge_refuses_is_not_kept(url: str) -> None:
    opened = store(url)
    await opened.reserve([ROW], 0, at_most(Decimal("0.2"), ROW.opened))
    with pytest.raises(LimitReached):
        await opened.reserve([ROW, ROW], 0, at_most(Decimal("0.2"), ROW.opened * 2))
    await opened.reserve([ROW], 0, at_most(Decimal("0.2"), ROW.opened))
    assert len(await opened.granted(0)) == 2


async def test_what_is_not_settled_is_among_what_counts_however_old_it_is(url: str) -> None:
    opened = store(url)
    keys = await opened.reserve([ROW, evolve(ROW, tool="a"), evolve(ROW, tool="b")], 0, nobody)
    await opened.settle(Settling({keys[0]: Settled("sent", "X-1"), keys[1]: Settled("unknown", None)}))
    assert [row.tool for row in await opened.granted(NOW + 1)] == ["a", "b"]
    old = [evolve(ROW, time=1, tool=state, state=state) for state in ("reserved", "sent", "unknown")]  # type: ignore[arg-type]
    await opened.reserve(old, 0, nobody)
    opened._opened().prune()
    assert [row.tool for row in await opened.granted(NOW + 1)] == ["reserved", "unknown", "a", "b"]


async def test_one_order_is_what_became_of_one_request_whoever_looks_at_once(url: str) -> None:
    stores = [store(url) for _ in range(4)]
    keys = await stores[0].reserve([ROW] * 4, 0, nobody)
    sent = [await one.remember_order(ORDER) for one in stores]
    found = await asyncio.gather(*(one.identify(key, "X-1", sent[0]) for one, key in zip(stores, keys, strict=True)))
    assert sorted(found) == [False, False, False, True]
    assert not await stores[0].identify(keys[found.index(True)], "X-2")  # it is settled
    assert sorted(one.order_id or "" for one in await stores[0].sent_orders()) == ["", "", "", "X-1"]
    assert [row.reference for row in await stores[0].granted(0) if row.state == "sent"] == ["X-1"]


@pytest.mark.parametrize("shared", [True, False])
async def test_threads_at_once_never_exceed_a_limit(url: str, shared: bool) -> None:
    stores = [store(url)] if shared else [store(url) for _ in range(8)]
    judge = at_most(Decimal(1), ROW.opened)
    asked = (stores[number % len(stores)].reserve([ROW], 0, judge) for number in range(40))
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(one, list) for one in outcomes) == 10
    assert all(isinstance(one, list | LimitReached) for one in outcomes)
    assert len(await stores[0].granted(0)) == 10


@given(values=st.lists(st.decimals(0, 10, places=2), min_size=2, max_size=10), limit=st.decimals(1, 20, places=2))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
async def test_whatever_is_asked_at_once_never_exceeds_a_limit(values: list[Decimal], limit: Decimal, url: str) -> None:
    opened = store(url, api_url=f"http://{os.urandom(8).hex()}")
    asked = (opened.reserve([evolve(ROW, opened=one)], 0, at_most(limit, one)) for one in values)
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    passed = [value for value, one in zip(values, outcomes, strict=True) if isinstance(one, list)]
    total = sum((row.opened for row in await opened.granted(0)), Decimal(0))
    await opened.aclose()
    assert total == sum(passed) <= limit
    refused = [value for value, one in zip(values, outcomes, strict=True) if isinstance(one, LimitReached)]
    assert all(total + value > limit for value in refused)
    assert len(passed) + len(refused) == len(values)


RESERVE = """
from hbmcp.errors import LimitReached
from hbmcp.store import LedgerRow, Settled, Settling
NOW = times.now()  # what is old is pruned
ROW = LedgerRow(NOW, "client", sys.argv[1], "place_order", "d", "BUY", "opens", "m", "b", "p", Decimal(1), "USDT")

def judge(granted):
    if sum(row.opened for row in granted) + 1 > 25:
        raise LimitReached("full")

async def main():
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(20):
        try:
            (key,) = await store.reserve([ROW], 0, judge)
        except LimitReached:
            print("refused", flush=True)
            continue
        print("reserved", flush=True)
        if sys.argv[1] == "dies":
            sys.stdin.readline()
        await store.settle(Settling({key: Settled("sent", "X")}))
asyncio.run(main())
"""


async def test_processes_at_once_never_exceed_a_limit_and_one_that_dies_leaves_its_reservation(
    url: str, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        started = [stack.enter_context(process(RESERVE, name, url=url, cwd=tmp_path)) for name in ("a", "b", "dies")]
        for one in started:
            assert one.stdout is not None
            assert one.stdin is not None
            assert one.stdout.readline() == "ready\n"
        *living, dying = started
        for one in (dying, *living):
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
            if one is dying:
                assert one.stdout is not None
                assert one.stdout.readline() == "reserved\n"
                dying.kill()
        said = [line for one in living for line in one.communicate(timeout=60)[0].split()]
    assert said.count("reserved") == 24
    assert said.count("refused") == 16
    found = await store(url).granted(0)
    assert [(one.client, one.state) for one in found if one.state != "sent"] == [("dies", "reserved")]
    assert len(found) == 25


async def test_a_reservation_that_was_given_up_is_undone(postgresql: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = store(postgresql.database())
    await opened.granted(0)
    monkeypatch.setattr(worker, "PATIENCE", 0.2)
    with postgresql.frozen(), pytest.raises(StoreError, match="doesn't answer"):
        await opened.reserve([ROW], 0, nobody)
    await opened._worker.aclose()
    monkeypatch.undo()
    assert await opened.granted(0) == []
    await opened.aclose()


@pytest.mark.parametrize("seed", sampled(range(5), 5))
async def test_who_read_before_sees_what_who_reads_first_sees(url: str, seed: int) -> None:
    chance, stores, open_keys = Random(seed), [store(url), store(url)], list[int]()
    for number in range(60):
        opened = chance.choice(stores)
        match chance.randrange(4):
            case 0 | 1:
                time = NOW - chance.choice((0, 1, 5 * DAY))
                open_keys += await opened.reserve([evolve(ROW, time=time, tool=f"{number}")], NOW - DAY, nobody) or []
            case 2 if open_keys:
                key = open_keys.pop(chance.randrange(len(open_keys)))
                became = chance.choice((None, "sent", "unknown"))
                settled = Settling(released=[key]) if became is None else Settling({key: Settled(became, "X")})
                await opened.settle(settled)
            case _:
                since = chance.choice((0, NOW - 6 * DAY, NOW - DAY, NOW, NOW + 9 * DAY))
                first = store(url)
                assert await opened.granted(since) == await first.granted(since)
                await first.aclose()
    rows = await stores[0].granted(0)
    with stores[0]._opened()._database.writing() as connection:  # as a paper exchange that is reset
        connection.exec_driver_sql("DELETE FROM hbmcp_ledger")
    assert rows
    assert await stores[0].granted(0) == []
    for one in stores:
        await one.aclose()


async def test_what_was_sent_is_read_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = store(url)
    keys = await opened.reserve([ROW] * 20, 0, nobody) or []
    await opened.settle(Settling(dict.fromkeys(keys, Settled("sent", "X"))))
    assert len(await opened.granted(NOW)) == 20
    read = list[LedgerRow]()
    rows, real = opened._opened(), Rows._from

    def noting(self: Rows, *given: Any) -> list[LedgerRow]:
        found = real(self, *given)
        read.extend(found)
        return found

    monkeypatch.setattr(Rows, "_from", noting)
    await opened.reserve([ROW], NOW, nobody)
    assert len(await opened.granted(NOW)) == 21
    assert len(read) == 1 + 2
    assert rows._seen.upto == keys[-1]
    await opened.aclose()


async def test_what_is_in_doubt_keeps_nothing_else_from_being_read_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hbmcp.store.rows.AT_ONCE", 2)
    opened, other = store(url), store(url)
    keys = await opened.reserve([ROW] * 20, 0, nobody) or []
    sent, doubtful = keys[5:], keys[:5]
    await opened.settle(Settling(dict.fromkeys(sent, Settled("sent", "X")) | {keys[0]: Settled("unknown", None)}))
    assert len(await opened.granted(0)) == 20
    cached = opened._opened()._seen
    assert [one.key for one in cached.rows] == sent
    assert await opened.granted(0) == await other.granted(0)
    assert opened._opened()._seen.rows is cached.rows
    await other.settle(Settling({keys[1]: Settled("sent", "Y")}, [keys[2]]))
    assert await other.identify(keys[0], "Z")
    found = await opened.granted(0)
    assert [(one.key, one.reference) for one in found if one.key in doubtful] == [
        *((keys[0], "Z"), (keys[1], "Y"), (keys[3], None), (keys[4], None)),
    ]
    assert [one.key for one in opened._opened()._seen.rows] == [*keys[:2], *sent]
    assert found == await other.granted(0)
    for one in (opened, other):
        await one.aclose()


async def test_what_is_older_than_is_kept_counts_for_nobody(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_clock", lambda: NOW)
    opened, other = store(url), store(url)
    ages = (95, 91, 85, 0)
    await opened.reserve([evolve(ROW, time=NOW - days * DAY, state="sent") for days in ages], 0, nobody)
    for days, left in ((0, [85, 0]), (4, [85, 0]), (6, [0])):
        later = NOW + days * DAY
        monkeypatch.setattr(times, "_clock", lambda later=later: later)
        for one in (opened, other):  # of which one prunes
            assert [(NOW - row.time) // DAY for row in await one.granted(0)] == left
            one._opened().prune()
    monkeypatch.setattr(times, "_clock", lambda: NOW + 8 * DAY)
    await opened.granted(0)
    assert len(opened._opened()._seen.rows) == 1  # nobody needs the others
    for one in (opened, other):
        await one.aclose()


async def test_who_asks_for_less_leaves_what_another_needs(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_clock", lambda: NOW)
    opened = store(url)
    await opened.reserve([evolve(ROW, time=NOW - days * DAY, state="sent") for days in (30, 0)], 0, nobody)
    assert len(await opened.granted(NOW - 40 * DAY)) == 2
    assert len(await opened.granted(NOW - DAY)) == 1
    assert len(opened._opened()._seen.rows) == 2
    monkeypatch.setattr(times, "_clock", lambda: NOW + DAY)
    assert len(await opened.granted(NOW - DAY)) == 1
    assert len(opened._opened()._seen.rows) == 1
    await opened.aclose()


async def test_a_day_begins_once(url: str) -> None:
    opened, begun = store(url), NOW - NOW % DAY

    async def started(equity: str, after: int, where: Store = opened, currency: str = "USDT") -> Decimal:
        return await where.day_start(begun, currency, Decimal(equity), NOW + after, 600)

    assert await started("100.50", 0) == Decimal("100.50")
    assert await started("90", 1, store(url)) == Decimal("100.50")
    assert await started("110", 599, store(url)) == 110  # the first look showed too little
    assert await started("95", 599) == 110
    assert await started("120", 600) == 110
    assert await started("80", 600, currency="EUR") == 80
    assert await started("60", 600, store(url, api_url="http://elsewhere")) == 60
    assert await opened.day_start(begun + DAY, "USDT", Decimal(70), NOW + DAY, 600) == 70


async def test_what_limits_need_is_kept_for_90_days(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = store(url)
    ages = (0, 89, 91)
    await opened.reserve([evolve(ROW, time=NOW - days * DAY, state="sent") for days in ages], 0, nobody)
    for days in ages:
        await opened.day_start(NOW - days * DAY, "USDT", Decimal(days), NOW, 0)
    monkeypatch.setattr(times, "_clock", lambda: NOW)
    opened._opened().prune()
    assert [(NOW - one.time) // DAY for one in await opened.granted(0)] == [89, 0]
    assert [await opened.day_start(NOW - days * DAY, "USDT", Decimal(7), NOW, 0) for days in ages] == [0, 89, 7]
