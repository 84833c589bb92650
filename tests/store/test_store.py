"""What is remembered comes back as it was, to whom it belongs, and for as long as it should."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hbmcp import times
from hbmcp.store import AuditHead, FundingReading, SentOrder, Store, StoreError, rows
from tests.conftest import environment
from tests.store.opening import ORDER, order, store

pytestmark = pytest.mark.anyio

DAY = 86_400_000
NOW = 1_800_000_000_000

exact = st.decimals(allow_nan=False, allow_infinity=False)
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
moments = st.integers(0, 2**62)
sent = st.builds(
    SentOrder, text, text, text, text, text, exact, st.none() | exact, st.none() | text, moments, st.none() | text
)


async def test_an_order_comes_back_with_the_id_it_was_given_later(url: str) -> None:
    opened = store(url)
    key = await opened.remember_order(ORDER)
    assert await opened.sent_orders() == [ORDER]
    await opened.name_order(key, "HBOT-1")
    await opened.aclose()
    assert await store(url).sent_orders() == [order(order_id="HBOT-1")]


async def test_an_order_that_was_not_taken_is_forgotten(url: str) -> None:
    opened = store(url)
    key = await opened.remember_order(ORDER)
    await opened.remember_order(order(order_id="HBOT-2"))
    await opened.forget_order(key)
    await opened.forget_order(key)
    assert await opened.sent_orders() == [order(order_id="HBOT-2")]


@given(several=st.lists(sent, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
async def test_every_digit_of_an_order_comes_back(several: list[SentOrder], url: str) -> None:
    opened = store(url, api_url=f"http://{os.urandom(8).hex()}")  # each example its own rows
    for one in several:
        await opened.remember_order(one)
    found = await opened.sent_orders()
    await opened.aclose()
    newest_first = sorted(enumerate(several), key=lambda numbered: (numbered[1].time, numbered[0]), reverse=True)
    assert [_digits(one) for one in found] == [_digits(one) for _, one in newest_first]


def _digits(one: SentOrder) -> tuple[Any, ...]:
    return one, str(one.amount), str(one.price)


async def test_orders_are_chosen_by_id_and_time_newest_first(url: str) -> None:
    opened = store(url)
    for time, order_id in ((1, "a"), (3, None), (2, "b"), (3, "c")):
        await opened.remember_order(order(time, order_id=order_id))

    async def ids(**chosen: Any) -> list[str | None]:
        return [one.order_id for one in await opened.sent_orders(**chosen)]

    assert await ids() == ["c", None, "b", "a"]
    assert await ids(order_ids=["a", "c", "x"]) == ["c", "a"]
    assert await ids(order_ids=[]) == []
    assert await ids(since=2, until=2) == ["b"]
    assert await ids(order_ids={"a", "b"}, since=2) == ["b"]


async def test_funding_readings_are_chosen_oldest_first(url: str) -> None:
    opened = store(url)
    first = FundingReading("binance_perpetual", "BTC-USDT", Decimal("0.000100"), Decimal(8), NOW)
    later = FundingReading("binance_perpetual", "BTC-USDT", Decimal("-1E-8"), None, NOW + 1)
    other = FundingReading("bybit_perpetual", "ETH-USDT", Decimal("0.0002"), Decimal("0.5"), NOW)
    await opened.keep_funding([later, first, other])
    await opened.keep_funding(iter([first]))
    await opened.keep_funding([])
    assert await opened.funding_readings(since=0) == [first, other, later]
    assert await opened.funding_readings(since=NOW + 1) == [later]
    assert await opened.funding_readings(since=0, connectors=["bybit_perpetual"]) == [other]
    assert await opened.funding_readings(since=0, pairs={"BTC-USDT"}, connectors=["bybit_perpetual"]) == []
    found = (await opened.funding_readings(since=0, pairs=["BTC-USDT"]))[0]
    assert str(found.rate) == "0.000100"


async def test_defaults_are_replaced_and_removed(url: str) -> None:
    opened = store(url)
    assert await opened.executor_defaults("grid") == {}
    await opened.save_executor_defaults("grid", {"leverage": 3, "spread": Decimal("0.00100"), "on": [True, None, "é"]})
    await opened.save_executor_defaults("dca", {"leverage": 1})
    found = await opened.executor_defaults("grid")
    assert found == {"leverage": 3, "spread": Decimal("0.001"), "on": [True, None, "é"]}
    assert str(found["spread"]) == "0.00100"
    await opened.save_executor_defaults("grid", {"leverage": 5})
    assert await opened.executor_defaults("grid") == {"leverage": 5}
    await opened.save_executor_defaults("grid", {})
    assert (await opened.executor_defaults("grid"), await opened.executor_defaults("dca")) == ({}, {"leverage": 1})


async def test_installations_never_mix(url: str, tmp_path: Path) -> None:
    real = store(url)
    strangers = [
        store(url, api_url="http://elsewhere:8000"),
        store(url, paper=True),
        store(url, paper=True, paper_db=str(tmp_path / "paper.sqlite")),
        store(url, paper=True, paper_db=":memory:"),
    ]
    await real.remember_order(ORDER)
    await real.keep_funding([FundingReading("binance_perpetual", "BTC-USDT", Decimal(1), None, NOW)])
    await real.save_executor_defaults("grid", {"leverage": 3})
    for other in strangers:
        await other.save_executor_defaults("grid", {})
        assert await other.sent_orders() == []
        assert await other.funding_readings(since=0) == []
        assert await other.executor_defaults("grid") == {}
        await other.remember_order(order(account="other"))
    assert await real.sent_orders() == [ORDER]
    assert await real.executor_defaults("grid") == {"leverage": 3}


async def test_a_paper_exchange_that_is_reset_is_forgotten(url: str) -> None:
    real, paper = store(url), store(url, paper=True)
    for one in (real, paper):
        await one.remember_order(ORDER)
        await one.save_executor_defaults("grid", {"leverage": 3})
    anew = store(url, paper=True, paper_reset=True)
    assert await anew.sent_orders() == []
    assert await anew.executor_defaults("grid") == {"leverage": 3}
    assert await real.sent_orders() == [ORDER]


async def test_old_rows_go_and_readings_thin_out(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_clock", lambda: NOW)
    opened, elsewhere, paper = store(url), store(url, api_url="http://elsewhere"), store(url, paper=True)
    for one in (opened, elsewhere, paper):
        for age in (0, 89, 91):
            await one.remember_order(order(NOW - age * DAY))
    quarter = DAY // 96
    ages = [0, 1, *range(92, 104), 96 * 91]
    readings = [FundingReading(c, "BTC-USDT", Decimal(1), None, NOW - age * quarter) for age in ages for c in "ab"]
    await opened.keep_funding(readings)
    _prune(paper)
    assert [len(await one.sent_orders()) for one in (opened, elsewhere, paper)] == [3, 3, 2]
    _prune(opened)
    assert [len(await one.sent_orders()) for one in (opened, elsewhere, paper)] == [2, 2, 2]
    left = [(NOW - one.time) // quarter for one in await opened.funding_readings(since=0, connectors=["a"])]
    assert left == [103, 100, 96, 95, 94, 93, 92, 1, 0]  # of the last day all, of each hour before the first
    assert await opened.funding_readings(since=0, connectors=["b"])


async def test_the_newest_are_kept_of_too_many(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "_clock", lambda: NOW)
    monkeypatch.setattr(rows, "ORDERS", 3)
    monkeypatch.setattr(rows, "READINGS", 2)
    monkeypatch.setattr(rows, "PRUNED_ONCE_IN", 1)  # at every write
    opened = store(url)
    for age in range(6):
        await opened.remember_order(order(NOW - age))
    assert [NOW - one.time for one in await opened.sent_orders()] == [0, 1, 2]
    await opened.keep_funding(FundingReading("a", "b", Decimal(1), None, NOW - age) for age in range(5))
    assert [NOW - one.time for one in await opened.funding_readings(since=0)] == [1, 0]


def _prune(opened: Store) -> None:
    opened._opened().prune()


async def test_memory_is_forgotten_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hbmcp.store.place.user_data_path", lambda _: tmp_path)
    opened = store(paper=True, paper_db=":memory:")
    await opened.remember_order(ORDER)
    assert await opened.sent_orders() == [ORDER]
    await opened.aclose()
    assert await opened.sent_orders() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
async def test_its_file_is_in_the_data_folder_and_readable_by_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hbmcp.store.place.user_data_path", lambda _: tmp_path / "data")
    opened = store()
    await opened.remember_order(ORDER)
    files = {one.name: oct(one.stat().st_mode)[-3:] for one in (tmp_path / "data").iterdir()}
    assert files == {"state.sqlite": "600", "state.sqlite-wal": "600", "state.sqlite-shm": "600"}


def test_sqlalchemy_is_imported_when_something_is_asked_of_the_store(tmp_path: Path) -> None:
    script = """
import asyncio, sys
import hbmcp.server.stdio, hbmcp.bridge, hbmcp.store, hbmcp.settings, hbmcp.identity
told = hbmcp.settings.load()
store = hbmcp.store.Store.open(told, hbmcp.identity.Identity.of(told))
assert "sqlalchemy" not in sys.modules
asyncio.run(store.sent_orders())
assert "sqlalchemy" in sys.modules
"""
    env = environment(HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}")
    subprocess.run([sys.executable, "-c", script], env=env, cwd=tmp_path, check=True)


async def test_what_is_written_at_once_brings_what_was_written_before(tmp_path: Path) -> None:
    opened = store(f"sqlite:///{tmp_path}/state.sqlite")
    await opened.sent_orders()
    database = opened._opened()._database
    for at_once, level in ((False, 1), (True, 2), (False, 1), (False, 1), (True, 2)):
        with database.writing(at_once=at_once) as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == level
        assert database.behind == (not at_once)
    with pytest.raises(StoreError), database.writing(at_once=False):
        raise StoreError("It isn't done.")
    key = await opened.remember_order(ORDER)
    assert not database.behind
    await opened.name_order(key, "X")
    assert database.behind
    head = AuditHead(1, "a")
    await opened.move_audit_head("log", head, AuditHead(0, "0"), lambda _: True, flush=True)
    assert not database.behind
    await opened.aclose()
