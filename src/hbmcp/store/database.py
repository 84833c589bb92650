"""The connection to SQLite or PostgreSQL: transactions, and failures in words."""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any, Self

import stamina
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from hbmcp.private_files import private_file
from hbmcp.redaction import hide
from hbmcp.store.failures import told
from hbmcp.store.migrations import TooNew, migrate
from hbmcp.store.place import Place

PATIENCE = 10  # seconds to wait for another process's transaction; less than the worker's, so that the cause is told
TO_CONNECT = 5  # seconds for PostgreSQL to answer


class Database:
    """An engine, and its transactions. Safe for several threads and several processes."""

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._place = place
        self._later = self._on_disk = 0  # how many were written that weren't on disk at once, and are there by now
        self._counts = Lock()
        self._on_sqlite = engine.dialect.name == "sqlite"
        # In memory all threads share one connection, and so take turns.
        in_memory = self._on_sqlite and place.file is None
        self._turn: AbstractContextManager[Any] = Lock() if in_memory else nullcontext()

    @classmethod
    def open(cls, place: Place) -> Self:
        """Makes the tables, and brings older ones up to date. Raises StoreError."""
        try:
            engine = _postgresql(place.postgresql) if place.postgresql else _sqlite(place.file)
        except (SQLAlchemyError, OSError, ImportError) as error:
            raise told(error, place) from None
        database = cls(engine, place)
        try:
            with database.writing() as connection:
                migrate(connection)
        except BaseException:
            engine.dispose()
            raise
        return database

    @property
    def dialect(self) -> str:
        """sqlite or postgresql."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads. Raises StoreError."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self, *, at_once: bool = True) -> Iterator[Connection]:
        """All or nothing; on SQLite the only transaction that writes, from its beginning on. `at_once` on disk, with
        all that was written before; else SQLite takes its time, and where the machine loses its power, the last moments
        are lost. Raises StoreError."""
        # One that reads first and then writes fails where another has written in between, however patient it is.
        synchronous = f"PRAGMA synchronous = {'FULL' if at_once else 'NORMAL'}"
        with self._transaction(synchronous, "BEGIN IMMEDIATE") as connection:
            before = self._later
            yield connection
        with self._counts:
            if at_once:
                self._on_disk = max(self._on_disk, before)
            else:
                self._later += 1

    @property
    def behind(self) -> bool:
        """Whether something was written that may not be on disk yet."""
        return self._later > self._on_disk

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *begins: str) -> Iterator[Connection]:
        """On SQLite it begins with these; by no listener of SQLAlchemy's, which every statement would then look for."""
        try:
            with self._turn, self._engine.connect() as connection, connection.begin():
                if self._on_sqlite:
                    own = connection.connection.driver_connection
                    assert isinstance(own, sqlite3.Connection)
                    for one in begins:
                        own.execute(one)
                yield connection
        except (SQLAlchemyError, sqlite3.Error, TooNew, UnicodeError, OverflowError) as error:
            raise told(error, self._place) from None


def _sqlite(file: Path | None) -> Engine:
    if file is None:
        engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        private_file(file)  # SQLite gives its other files the same mode
        engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _connected)
    return engine


def _connected(connection: sqlite3.Connection, record: object) -> None:  # noqa: ARG001
    connection.isolation_level = None  # a transaction begins where we say
    _write_ahead(connection)


@stamina.retry(on=sqlite3.OperationalError, timeout=PATIENCE, wait_initial=0.01, wait_max=0.2)
def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of a file that another opens at this moment SQLite says at once that it is locked, however patient it is."""
    connection.execute("PRAGMA journal_mode = WAL")


def _postgresql(told: dict[str, str]) -> Engine:
    if "password" in told:
        hide([told["password"]])
    waits = {
        "connect_timeout": str(TO_CONNECT),
        "tcp_user_timeout": f"{PATIENCE * 1000:.0f}",  # for a host that falls silent
        "options": f"-c lock_timeout={PATIENCE}s",
    }
    return create_engine("postgresql+psycopg://", connect_args=waits | told, pool_pre_ping=True, hide_parameters=True)
