"""The file: made, migrated, shared, refused."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hbmcp.paper.errors import StoreUnusable
from hbmcp.paper.exchange import database as module
from hbmcp.paper.exchange.balances import Ledger
from hbmcp.paper.exchange.database import MIGRATIONS, Store
from hbmcp.paper.market.clock import ManualClock
from tests.paper.exchange.ledger_audit import audit
from tests.paper.exchange.scripted_exchange import D, contents, reopened, scripted
from tests.paper.scripted_market import BEGIN, ScriptedMarket

ROOT = Path(__file__).parents[3]


def test_a_new_file_is_made_with_its_folder_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "paper.db"
    a = scripted(1000, path=path)
    a.engine.place("master_account", "binance", "BTC-USDT", "BUY", D(1))
    before = contents(a.store.db)
    a.store.close()
    again = reopened(a.market, a.clock, path)
    assert contents(again.store.db) == before
    assert again.store.db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


def test_an_older_file_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(tmp_path / "paper.db").close()
    monkeypatch.setattr(
        module, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (n INTEGER); INSERT INTO more VALUES (3)")
    )
    for _ in range(2):  # once only
        store = Store.open(tmp_path / "paper.db")
        assert store.db.execute("SELECT n FROM more").fetchall() == [(3,)]
        store.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(tmp_path / "paper.db").close()
    with monkeypatch.context() as patch:
        patch.setattr(
            module, "MIGRATIONS", (*MIGRATIONS, "CREATE TABLE more (n INTEGER); INSERT INTO nowhere VALUES (3)")
        )
        with pytest.raises(StoreUnusable, match="nowhere"):
            Store.open(tmp_path / "paper.db")
    store = Store.open(tmp_path / "paper.db")
    assert "more" not in contents(store.db)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "paper.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreUnusable, match="newer version"):
        Store.open(tmp_path / "paper.db")


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE mine (n INTEGER)")
    with pytest.raises(StoreUnusable, match="something else"):
        Store.open(tmp_path / "other.db")
    with sqlite3.connect(tmp_path / "other.db") as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Buy milk. " * 500)
    with pytest.raises(StoreUnusable, match="not a database"):
        Store.open(tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text().startswith("Buy milk.")
    with pytest.raises(StoreUnusable):
        Store.open(tmp_path)


def test_two_engines_on_one_file_see_each_other(tmp_path: Path) -> None:
    a = scripted(1000, 1000, 900, path=tmp_path / "paper.db")
    b = reopened(a.market, a.clock, tmp_path / "paper.db")
    order = a.engine.place("master_account", "binance", "BTC-USDT", "BUY", D("0.5"), "LIMIT", D(950))
    assert b.engine.order(order.id) == order
    b.clock.advance(5000)
    assert b.engine.order(order.id).status == "FILLED"
    assert a.engine.order(order.id) == b.engine.order(order.id)
    second = b.engine.place("master_account", "binance", "BTC-USDT", "SELL", D("0.5"))
    assert a.engine.place("master_account", "binance", "BTC-USDT", "SELL", D("0.5")).id > second.id
    assert len(a.engine.fills()) == 3
    audit(a.store.db)


def test_a_clock_behind_another_servers_does_not_turn_the_world_back(tmp_path: Path) -> None:
    fast = scripted(1000, path=tmp_path / "paper.db")
    fast.clock.advance(60_000)
    fast.engine.advance()
    slow = reopened(fast.market, ManualClock(BEGIN + 1), tmp_path / "paper.db")
    assert slow.engine.now() == slow.engine.advance() == BEGIN + 60_000


def test_a_lock_that_nobody_lets_go_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    a = scripted(1000, path=tmp_path / "paper.db")
    other = sqlite3.connect(tmp_path / "paper.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    before = contents(other)
    with pytest.raises(StoreUnusable, match="another process has been writing"):
        a.engine.place("master_account", "binance", "BTC-USDT", "BUY", D(1))
    other.execute("ROLLBACK")
    assert contents(other) == before
    assert a.engine.place("master_account", "binance", "BTC-USDT", "BUY", D(1)).status == "FILLED"


def test_a_file_of_another_market_is_refused(tmp_path: Path) -> None:
    a = scripted(1000, seed=7, path=tmp_path / "paper.db")
    with pytest.raises(StoreUnusable, match="seed 7, not 8"):
        reopened(ScriptedMarket({0: 1000}, seed=8), a.clock, tmp_path / "paper.db")


ENDLESS = """
import sys
from tests.paper.exchange.scripted_exchange import D, scripted
a = scripted(1000, path=sys.argv[1], amounts=(D(1000),) * 3)
for n in range(10**6):
    side = "BUY" if n % 2 else "SELL"
    print(a.engine.place("master_account", sys.argv[2], "BTC-USDT", side, D(1)).id, flush=True)
"""


def test_a_process_killed_while_it_trades_loses_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "paper.db"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", ENDLESS, str(path), exchange],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            text=True,
        )
        for exchange in ("binance", "binance_perpetual")
    ]
    told = []
    for process in running:
        assert process.stdout
        told += [process.stdout.readline().strip() for _ in range(20)]
    for process in running:
        process.send_signal(signal.SIGKILL)
        assert process.stdout
        told += [line.strip() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        process.stdout.close()
        process.wait()
    a = reopened(ScriptedMarket({0: 1000}), ManualClock(BEGIN), path)
    orders = a.engine.orders()
    audit(a.store.db)
    assert len(told) == len(set(told)) >= 40
    assert set(told) <= {order.id for order in orders}
    assert len(orders) <= len(told) + 2  # one each that was done but not told
    assert all(order.status in ("FILLED", "CANCELLED", "FAILED") for order in orders)


def test_the_ledger_undoes_what_would_break_it(tmp_path: Path) -> None:
    a = scripted(1000, path=tmp_path / "paper.db")
    before = contents(a.store.db)

    def change(total: int, locked: int) -> None:
        with a.store.transaction():
            a.store.keep("now", "1")
            Ledger(a.store.db).change(("master_account", "binance", "USDT"), D(total), D(locked))

    for total, locked in ((-100_001, 0), (0, 100_001), (0, -1)):
        with pytest.raises(AssertionError):
            change(total, locked)
        assert contents(a.store.db) == before
