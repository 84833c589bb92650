"""A store that can't be used says what happened, what wasn't done and what to do, and never a password."""

import resource
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from hbmcp.errors import HbmcpError, StoreError
from hbmcp.extras import install
from hbmcp.store import Store, database
from hbmcp.store.failures import told
from hbmcp.store.place import Place
from tests import forked
from tests.conftest import environment
from tests.store.opening import ORDER, store
from tests.store.postgresql_cluster import PASSWORD, USER, Cluster

pytestmark = pytest.mark.anyio


async def failure(opened: Store) -> str:
    """What it says of an order that it should remember."""
    with pytest.raises(StoreError) as caught:
        await opened.remember_order(ORDER)
    assert isinstance(caught.value, HbmcpError)
    assert caught.value.__cause__ is None
    assert all((caught.value.happened, caught.value.undone, caught.value.advice))
    assert PASSWORD not in str(caught.value)
    assert "://" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "Nothing was remembered or looked up" in str(caught.value)
    return str(caught.value)


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    place = tmp_path / "state.sqlite"
    place.write_bytes(b"not a database, whatever its name says" * 100)
    told = await failure(store(f"sqlite:///{place}"))
    assert str(place) in told
    assert "not a database" in told
    assert "Move the file away" in told
    place.unlink()
    opened = store(f"sqlite:///{place}")
    await opened.remember_order(ORDER)


async def test_a_file_that_is_damaged(tmp_path: Path) -> None:
    place = tmp_path / "state.sqlite"
    opened = store(f"sqlite:///{place}")
    for _ in range(200):
        await opened.remember_order(ORDER)
    await opened.aclose()
    with place.open("r+b") as file:  # its pages, but for the first
        file.seek(4096)
        file.write(b"\xff" * (place.stat().st_size - 4096))
    told = await failure(store(f"sqlite:///{place}"))
    assert "malformed" in told
    assert "Move the file away" in told


async def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = await failure(store(f"sqlite:///{tmp_path / 'file' / 'state.sqlite'}"))
    assert "Not a directory" in told or "File exists" in told
    assert "HBMCP_STATE_URL" in told


SAY = """
import asyncio, os, resource, sys
from decimal import Decimal
from hbmcp.errors import StoreError
from hbmcp.identity import Identity
from hbmcp.settings import Settings, load
from hbmcp.times import now
from hbmcp.store import SentOrder, Store

store = Store.open(told := load(), Identity.of(told))
async def write(most):
    for number in range(most):
        try:
            await store.remember_order(SentOrder(str(number), "b", "c", "BUY", "MARKET", Decimal(1), None, None, now()))
        except StoreError as error:
            print(error)
            return
        print("kept")
"""


def said(script: str, place: Path) -> list[str]:
    done = forked.run(
        [sys.executable, "-c", SAY + script],
        env=environment(HBMCP_STATE_URL=f"sqlite:///{place}", HUMMINGBOT_API_USERNAME="trader"),
        cwd=place.parent,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_folder_that_is_read_only() -> None:
    as_another = """
on_paper = Settings.model_construct(paper=True, paper_db=":memory:")
paper = Store.open(on_paper, Identity.of(on_paper))
asyncio.run(paper.sent_orders())  # now all that is imported is
if os.geteuid() == 0:
    os.setuid(65534)
asyncio.run(write(1))
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        lines = said(as_another, Path(folder) / "state.sqlite")
        Path(folder).chmod(0o755)
    assert len(lines) == 1
    assert "Permission denied" in lines[0]
    assert "may be written" in lines[0]


async def test_a_full_disk(tmp_path: Path) -> None:
    place = tmp_path / "state.sqlite"
    limited = """
async def main():
    await store.sent_orders()
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    await write(10_000)
    print(len(await store.sent_orders()), "can be read")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await write(1)
asyncio.run(main())
"""
    *kept, told, read, again = said(limited, place)
    assert set(kept) == {again} == {"kept"}
    assert "disk" in told
    assert "has room" in told
    assert read == f"{len(kept)} can be read"
    assert len(await store(f"sqlite:///{place}").sent_orders()) == len(kept) + 1
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


async def test_a_writer_that_never_ends(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await store(url).remember_order(ORDER)
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    opened = store(url)
    if url.startswith("sqlite"):
        assert await opened.sent_orders() == [ORDER]
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            told = await failure(opened)
            assert await opened.sent_orders() == [ORDER]  # who only reads doesn't wait
    else:
        assert await opened.sent_orders() == [ORDER]
        with psycopg.connect(url) as other:
            other.execute("LOCK hbmcp_orders")
            told = await failure(opened)
    assert "Another process has been writing" in told
    await opened.remember_order(ORDER)
    assert len(await opened.sent_orders()) == 2


async def test_only_one_writes_to_sqlite_from_its_beginning_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads first and then writes would otherwise fail where another has written in between."""
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    opened, other = store(url), store(url)
    monkeypatch.setattr(database, "PATIENCE", 0.2)
    await other.sent_orders()
    with opened._opened()._database.writing():  # and has written nothing yet
        assert "locked" in await failure(other)


async def test_postgresql_that_refuses(postgresql: Cluster) -> None:
    told = await failure(store(postgresql.url("postgres", "wrong-horse")))
    assert "password authentication failed" in told
    assert "wrong-horse" not in told
    assert "Correct the user and password" in told
    told = await failure(store(postgresql.url("nowhere")))
    assert 'database "nowhere" does not exist' in told
    assert "name another in HBMCP_STATE_URL" in told
    told = await failure(store(f"{postgresql.url('postgres')}&correct=correct-horse"))
    assert "HBMCP_STATE_URL" in told


@pytest.mark.parametrize("password", ["p@ss/w:rd?#%", "p'a\\s s", "пароль"])
async def test_any_password_will_do(password: str, postgresql: Cluster) -> None:
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = f"user_{abs(hash(password))}"
        connection.execute(sql.SQL("CREATE USER {} PASSWORD {}").format(sql.Identifier(name), password))
        connection.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(sql.Identifier(name)))
    as_another = url.replace(f"//{USER}:{PASSWORD}@", f"//{name}:{quote(password, safe='')}@")
    await store(as_another).remember_order(ORDER)
    told = await failure(store(as_another.replace("/test_", "/absent_")))
    assert password not in told


async def test_postgresql_without_the_right_to_make_tables(postgresql: Cluster) -> None:
    url = postgresql.database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE USER nobody PASSWORD 'correct-horse'")
        connection.execute("REVOKE CREATE ON SCHEMA public FROM public")
    told = await failure(store(url.replace("//hbmcp:", "//nobody:")))
    assert "permission denied" in told
    assert "Give the user the right" in told


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid"])
async def test_postgresql_that_is_not_there(host: str) -> None:
    told = await failure(store(f"postgresql://trader:{PASSWORD}@{host}/hummingbot"))
    assert "See that PostgreSQL runs" in told


async def test_postgresql_that_restarts_is_found_again(postgresql: Cluster) -> None:
    url = postgresql.database()
    opened = store(url)
    await opened.remember_order(ORDER)
    with psycopg.connect(url, autocommit=True) as other:  # what a restart does to those who are connected
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        other.execute(f"{ended} AND pid <> pg_backend_pid()")
    assert await opened.sent_orders() == [ORDER]


async def test_any_prefix_of_postgresql_means_its_one_driver(postgresql: Cluster) -> None:
    url = postgresql.database()
    await store(url).remember_order(ORDER)
    for prefix in ("postgres", "postgresql+asyncpg", "postgresql+psycopg2"):
        assert await store(url.replace("postgresql", prefix, 1)).sent_orders() == [ORDER]


def test_a_password_that_a_driver_quotes_is_masked() -> None:
    place = Place("http://localhost:8000", postgresql={"host": "db", "password": PASSWORD})
    error = told(psycopg.OperationalError(f"bad value in\n password={PASSWORD}"), place)
    assert "bad value in password=***." in str(error)
    assert PASSWORD not in repr(place)


def test_postgresql_without_its_driver(tmp_path: Path) -> None:
    script = """
import asyncio, sys
sys.modules["psycopg"] = None
from hbmcp.identity import Identity
from hbmcp.settings import load
from hbmcp.store import Store, StoreError
try:
    asyncio.run(Store.open(told := load(), Identity.of(told)).sent_orders())
except StoreError as error:
    print(error)
"""
    env = environment(HBMCP_STATE_URL=f"postgresql://trader:{PASSWORD}@localhost/x")
    done = subprocess.run([sys.executable, "-c", script], env=env, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert install("postgres") in done.stdout, done.stderr
    assert PASSWORD not in done.stdout + done.stderr


async def test_a_failure_does_not_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "state.sqlite"
    place.write_bytes(b"no database" * 500)
    opened = store(f"sqlite:///{place}")
    told = await failure(opened)
    place.unlink()
    assert await failure(opened) == told  # for some seconds
    assert not place.exists()
    monkeypatch.setattr("hbmcp.store.OPENED_AGAIN_AFTER", 0)
    await opened.remember_order(ORDER)
    assert await opened.sent_orders() == [ORDER]
