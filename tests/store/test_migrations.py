"""A store is brought to the format that this version knows, and one that is newer is left alone."""

from collections import Counter
from decimal import Decimal

import pytest
from attrs import asdict, filters
from sqlalchemy import Connection, insert, inspect, select

from hbmcp.store import FundingReading, Store, StoreError, migrations
from hbmcp.store.tables import executor_defaults, funding, metadata, orders
from tests.store.opening import ORDER, order, store

pytestmark = pytest.mark.anyio

NEXT = ("ALTER TABLE hbmcp_orders ADD COLUMN note TEXT", "UPDATE hbmcp_orders SET note = account || '!'")


def version(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT version FROM hbmcp_schema").scalar_one())


async def open_database(opened: Store) -> Connection:
    await opened.sent_orders()
    assert opened._rows is not None
    return opened._rows._database._engine.connect()


async def test_the_tables_are_those_that_are_written_to(url: str) -> None:
    with await open_database(store(url)) as connection:
        assert version(connection) == len(migrations.STEPS)
        made = inspect(connection)
        for table in metadata.tables.values():
            columns = {one["name"]: one["nullable"] for one in made.get_columns(table.name)}
            known = {one.name: one.nullable for one in table.columns}
            assert {name: columns[name] for name in known if name != "key"} == {
                name: known[name] for name in known if name != "key"
            }
            assert columns.keys() == known.keys()
            keys = made.get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [one.name for one in table.primary_key]


async def test_an_older_store_keeps_what_it_holds(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store(url)
    await before.remember_order(ORDER)
    await before.aclose()
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, NEXT))
    after = store(url)
    await after.remember_order(order(2_000))
    assert await after.sent_orders() == [order(2_000), ORDER]
    with await open_database(after) as connection:
        assert version(connection) == len(migrations.STEPS)
        notes = connection.exec_driver_sql("SELECT note FROM hbmcp_orders ORDER BY time").scalars().all()
        assert notes == ["master!", None]


async def test_rows_of_one_address_come_together_whichever_way_it_was_typed(url: str) -> None:
    opened = store(url)
    typed = ("http://127.0.0.1:8000", "http://localhost:8000", "http://vps")
    with await open_database(opened) as connection, connection.begin():
        for time, address in enumerate(typed):
            sent = asdict(order(time), filter=filters.exclude("key"))
            connection.execute(insert(orders).values(installation=address, **sent))
            for name in ("both", str(time)):
                reading = FundingReading("binance_perpetual", name, Decimal(1), None, 1_000)
                connection.execute(insert(funding).values(installation=address, **asdict(reading)))
            connection.execute(insert(executor_defaults).values(installation=address, kind="grid", defaults="{}"))
        migrations.name_installations(connection)
    with await open_database(opened) as connection:
        for table, found in ((orders, 2), (funding, 3), (executor_defaults, 1)):
            kept = Counter(connection.execute(select(table.c.installation)).scalars())
            assert kept == {"http://localhost:8000": found, "http://vps:80": 2 if table is funding else 1}
    assert len(await opened.sent_orders()) == 2
    await opened.aclose()


async def test_a_step_that_fails_leaves_all_as_it_was(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = store(url)
    await before.remember_order(ORDER)
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "STEPS", (*migrations.STEPS, (*NEXT, "ALTER TABLE absent ADD COLUMN x TEXT")))
        with pytest.raises(StoreError, match="absent"):
            await store(url).sent_orders()
    with await open_database(store(url)) as connection:
        assert version(connection) == len(migrations.STEPS)
        assert "note" not in {one["name"] for one in inspect(connection).get_columns("hbmcp_orders")}
    assert await before.sent_orders() == [ORDER]


async def test_a_newer_store_is_refused_and_left_alone(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "STEPS", (*migrations.STEPS, NEXT))
        newer = store(url)
        await newer.remember_order(ORDER)
    known = len(migrations.STEPS)
    with pytest.raises(
        StoreError, match=rf"newer version of hbmcp \(format {known + 1}, this one knows {known}\)"
    ) as told:
        await store(url).remember_order(ORDER)
    assert "Update hbmcp" in told.value.advice
    assert await newer.sent_orders() == [ORDER]


async def test_other_tables_of_the_database_are_left_alone(url: str) -> None:
    """The database may be the one that Hummingbot keeps its own orders in."""
    opened = store(url)
    with await open_database(opened) as connection, connection.begin():
        for name in ("orders", "funding_payments", "alembic_version"):
            connection.exec_driver_sql(f"CREATE TABLE {name} (id INTEGER)")
    await store(url).remember_order(ORDER)
    with await open_database(opened) as connection:
        for name in ("orders", "funding_payments", "alembic_version"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar() == 0
