"""An answer is used once, and an approval carried out once, whoever asks at once; keys are shared by all."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from threading import Event
from typing import Any, get_args

import pytest
from attrs import evolve

from hbmcp import times
from hbmcp.errors import LimitReached, StoreError
from hbmcp.store import Approval, ApprovalState, OnceOnly, Store
from hbmcp.store.database import Database
from tests.store.opening import store
from tests.store.test_ledger import ROW, nobody

pytestmark = pytest.mark.anyio

WAITS = Approval("a", "tests", "place_order", "{}", "BUY?", "{}", Decimal("0.50"), 1, 2**52)
ANSWER, APPROVAL = OnceOnly("answer", "a"), OnceOnly("approval", "a")


async def add(opened: Store, approval: Approval) -> None:
    def nothing(*_: Any) -> None:
        """It is the first."""

    await opened.add_approval(approval, 0, nothing)


async def test_an_answer_is_used_once_by_whoever_is_first(url: str) -> None:
    stores = [store(url) for _ in range(8)]
    found = await asyncio.gather(*(one.reserve([ROW], 0, nobody, ANSWER) for one in stores))
    assert sum(one is not None for one in found) == 1
    assert len(await stores[0].granted(0)) == 1
    assert await store(url, api_url="http://elsewhere").reserve([ROW], 0, nobody, ANSWER) is not None


async def test_an_answer_to_what_a_limit_refuses_isn_t_used(url: str) -> None:
    opened = store(url)

    def refuses(_: Any) -> None:
        raise LimitReached("no")

    with pytest.raises(LimitReached):
        await opened.reserve([ROW], 0, refuses, ANSWER)
    assert await opened.reserve([ROW], 0, nobody, ANSWER) is not None
    assert await opened.reserve([ROW], 0, refuses, ANSWER) is None, "that it was used is said first"


async def test_what_waits_is_counted_and_added_in_one_transaction(url: str) -> None:
    stores = [store(url) for _ in range(4)]

    def same(_: Any, waiting: Sequence[Approval]) -> Approval | None:
        return waiting[0] if waiting else None

    asked = (one.add_approval(evolve(WAITS, id=str(place)), 0, same) for place, one in enumerate(stores * 3))
    found = await asyncio.gather(*asked)
    assert found == [found[0]] * 12 == await stores[0].approvals() * 12


async def test_what_was_granted_before_it_was_asked_for_is_known(url: str) -> None:
    opened = store(url)
    (key,) = await opened.reserve([ROW], 0, nobody) or []
    shown: list[Any] = []
    added = await opened.add_approval(WAITS, 0, lambda *found: shown.extend(found))
    assert added == evolve(WAITS, upto=key)
    assert shown == [[ROW], []]


async def test_who_is_gone_before_it_waits_asks_nobody(url: str) -> None:
    opened, held = store(url), Event()
    judged = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*_: Any) -> None:
        loop.call_soon_threadsafe(judged.set)
        held.wait(10)

    task = asyncio.create_task(opened.add_approval(WAITS, 0, slow))
    await judged.wait()
    task.cancel()
    await asyncio.wait([task])
    held.set()
    await opened._worker.aclose()
    (one,) = await opened.approvals()
    assert (one.state, one.came) == ("expired", "who called took it back")
    assert await opened.tell_approvals("tests", "") == []


async def test_an_approval_is_carried_out_once_and_only_once_it_is_approved(url: str) -> None:
    stores = [store(url) for _ in range(4)]
    opened = stores[0]
    await add(opened, WAITS)
    assert await opened.reserve([ROW], 0, nobody, APPROVAL) is None
    moved = await asyncio.gather(*(one.move_approval("a", ("waiting",), "approved", by="me") for one in stores))
    assert sorted(moved) == [False, False, False, True]
    assert not await opened.move_approval("a", ("waiting",), "refused")
    found = await asyncio.gather(*(one.reserve([ROW], 0, nobody, APPROVAL) for one in stores))
    assert sum(one is not None for one in found) == 1
    (one,) = await opened.approvals()
    assert evolve(one, changed=0) == evolve(WAITS, state="carried out", by="me")
    assert await store(url, api_url="http://elsewhere").approvals() == []


@pytest.mark.parametrize("approved", [True, False])
async def test_what_waited_too_long_is_expired(url: str, approved: bool) -> None:
    opened = store(url)
    await add(opened, evolve(WAITS, until=times.machine() - 1, created=times.machine()))
    if approved:
        await opened.move_approval("a", ("waiting",), "approved")
    (one,) = await opened.approvals(ids=("a",))
    assert one.state == "expired"
    assert not await opened.move_approval("a", ("waiting",), "approved")
    assert await opened.reserve([ROW], 0, nobody, APPROVAL) is None


async def test_all_who_share_a_store_share_its_keys(url: str) -> None:
    stores = [store(url), store(url), store(url, api_url="http://elsewhere")]
    assert await stores[0].key("none") is None
    found = await asyncio.gather(*(one.key("seal", f"fresh {place}") for place, one in enumerate(stores)))
    assert len(set(found)) == 1
    await stores[1].save_key("seal", "another")
    assert await stores[2].key("seal", "fresh") == "another"


async def test_who_called_is_told_once_what_became_of_it_and_nobody_else(url: str) -> None:
    opened = store(url)
    for id_, client, holder in (("a", "one", ""), ("b", "one", "t"), ("c", "two", ""), ("d", "one", "")):
        mine = evolve(WAITS, id=id_, client=client, holder=holder, created=times.machine())
        await add(opened, mine)
    assert await opened.tell_approvals("one", "") == []
    for id_ in "abc":
        await opened.move_approval(id_, ("waiting",), "refused")
    await opened.move_approval("d", ("waiting",), "approved")
    assert await opened.reserve([ROW], 0, nobody, OnceOnly("approval", "d")) is not None
    assert [one.id for one in await opened.tell_approvals("one", "")] == ["a"]
    assert await store(url).tell_approvals("one", "") == []
    await opened.move_approval("d", ("carried out",), "failed", came="the exchange said no")
    assert [(one.id, one.came) for one in await opened.tell_approvals("one", "")] == [("d", "the exchange said no")]
    assert [one.id for one in await opened.tell_approvals("one", "t")] == ["b"]
    assert [one.id for one in await opened.tell_approvals("two", "")] == ["c"]


async def test_one_at_a_time_speaks_in_the_chat(url: str) -> None:
    """Of what is to be said there, until it ends or leaves; nothing is told twice."""
    stores = [store(url) for _ in range(4)]
    opened, later = stores[0], times.machine() + 60_000
    asked = evolve(WAITS, way="telegram", nonce="n", created=times.machine())
    assert await opened.in_chat("a", later) == []
    for one in (asked, evolve(WAITS, id="b")):  # the other is of a terminal
        await add(opened, one)
    found = await asyncio.gather(*(one.in_chat(str(name), later) for name, one in enumerate(stores)))
    (speaks,) = (str(name) for name, there in enumerate(found) if there)
    assert await opened.in_chat(speaks, times.machine() - 1) == [asked]  # its time is over at once
    assert await opened.in_chat("next", later) == [asked]
    assert await opened.in_chat(speaks, later) == []
    await opened.show_approval("a", 7)
    await opened.leave_chat("next")
    assert await opened.in_chat("last", later) == [evolve(asked, message=7)]
    await opened.move_approval("a", ("waiting",), "refused")
    assert [one.state for one in await opened.in_chat("last", later)] == ["refused"]
    await opened.show_approval("a")
    assert await opened.in_chat("last", later) == []
    assert await store(url, api_url="http://elsewhere").in_chat("last", later) == []


async def test_who_speaks_writes_nothing_before_half_its_time_is_over(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, later = store(url), times.machine() + 60_000
    asked = evolve(WAITS, way="telegram")
    await add(opened, asked)
    assert await opened.in_chat("a", later) == [asked]

    def writes(*_: Any, **__: Any) -> Any:
        raise StoreError("It writes.")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", writes)
        assert await opened.in_chat("a", later + 50_000) == [asked]
        assert await opened.in_chat("b", later) == []
        with pytest.raises(StoreError, match="It writes"):
            await opened.in_chat("a", later + 90_000)
        monkeypatch.setattr(times, "machine", lambda: later + 1)
        with pytest.raises(StoreError, match="It writes"):
            await opened.in_chat("b", later + 60_000)
    assert await opened.in_chat("b", later + 60_000) == [asked]


async def test_what_was_never_put_and_is_over_needs_no_word_in_the_chat(url: str) -> None:
    opened = store(url)
    await add(opened, evolve(WAITS, way="telegram", until=times.machine() - 1))
    assert await opened.in_chat("a", 2**52) == []
    assert [one.state for one in await opened.approvals()] == ["expired"]


async def test_what_is_told_and_stays_no_longer_in_the_chat_is_what_is_over(url: str) -> None:
    opened = store(url)
    ways = [(state, came) for state in get_args(ApprovalState) for came in ("", "it rests")]
    asked = [
        evolve(WAITS, id=str(place), created=times.machine(), way="telegram", state=state, came=came)
        for place, (state, came) in enumerate(ways)
    ]
    for one in asked:
        await add(opened, one)
    in_chat = {one.id for one in await opened.in_chat("me", times.machine() + 1000)}
    told = {one.id for one in await opened.tell_approvals("tests", "")}
    over = {one.id for one in asked if one.over}
    assert told == over
    assert in_chat == {one.id for one in asked} - over
    assert {one.state for one in asked if not one.over} == {"waiting", "approved", "carried out"}
