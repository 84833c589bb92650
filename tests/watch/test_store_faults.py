"""The store fails in the middle of a firing, and comes back: one order, and no trigger without a mark."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hbmcp.installation.triggers.trigger import Spec
from hbmcp.store.rows import Rows
from hbmcp.watch import firing
from hbmcp.watch.reconciliation import AFTER
from hbmcp.watch.watcher import Watcher
from tests.sampling import sampled
from tests.store.conftest import postgresql
from tests.store.opening import store
from tests.store.postgresql_cluster import Cluster
from tests.watch.watched import Watched, below, buy, watched

__all__ = ["postgresql"]  # the fixture

FILLER = "INSERT INTO hbmcp_trigger_events (installation, trigger, time, state, cause) VALUES ('', 0, 0, '', ?)"

pytestmark = pytest.mark.anyio


def full(connection: sqlite3.Connection) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for filler in ("x" * 200, ""):
        with suppress(sqlite3.OperationalError):
            while True:
                connection.execute(FILLER, (filler,))


def read_only(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")


def mended(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = OFF")
    connection.execute("PRAGMA max_page_count = 1000000")


async def make(one: Watched, how: Callable[[sqlite3.Connection], None]) -> None:
    def act(rows: Rows) -> None:
        with rows._database._turn, rows._database._engine.connect() as connection:
            made = connection.connection.driver_connection
            assert made is not None
            how(made)  # type: ignore[arg-type]

    await one.store._do(act)


CALLS = [
    ("move_trigger", "waiting", 0),  # to firing
    ("remember_order", "firing", 0),
    ("keep_trigger_memory", "firing", 0),  # the mark that it is sent
    ("name_order", "firing", 1),
    ("settle", "firing", 1),
]


@pytest.mark.parametrize(
    ("call", "state", "orders", "how"), sampled(((*call, how) for call in CALLS for how in (full, read_only)), 3)
)
async def test_a_store_that_is_full_or_read_only_while_it_fires(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[..., None], call: str, state: str, orders: int
) -> None:
    monkeypatch.setattr(firing, "WRITTEN_AGAIN", (0.0, 0.0))
    async with watched(tmp_path, monkeypatch) as one:
        (key,) = await one.add(Spec(when=below(45_000), then=buy()))
        await one.rounds(2, price=45_100)
        with monkeypatch.context() as patched:
            real = getattr(one.store, call)

            async def failing(*given: Any, **named: Any) -> Any:
                if call != "keep_trigger_memory" or "firing" in given:
                    patched.undo()
                    await make(one, how)
                return await real(*given, **named)

            patched.setattr(one.store, call, failing)
            await one.rounds(1, price=44_990)
        if how is read_only:  # of what is full some still fits in
            assert (await one.state(key), len(one.orders())) == (state, orders)
        await one.rounds(3)
        assert len(one.orders()) <= 1
        await make(one, mended)
        await one.rounds(AFTER // 2_000 + 30)
        assert [row[1] for row in one.orders()] == ["BUY"]
        assert await one.state(key) == "done"


@pytest.mark.slow
async def test_a_postgresql_that_is_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql: Cluster
) -> None:
    """What was armed before fires after, once."""
    async with watched(tmp_path, monkeypatch) as one:
        await one.call.bridge.store.aclose()
        one.call.bridge.store = store(postgresql.database())
        one.watcher = Watcher(one.call.bridge, "a test")
        first, second = await one.add(Spec(when=below(45_000), then=buy()), Spec(when=below(40_000), then=buy("0.2")))
        await one.rounds(2, price=44_990)
        assert await one.state(first) == "done"
        postgresql.restart()
        await one.rounds(3, price=39_900)
        assert await one.state(second) == "done"
        assert [row[2] for row in one.orders()] == ["0.1", "0.2"]
