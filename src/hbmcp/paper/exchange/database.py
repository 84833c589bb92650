"""The paper exchange's state in SQLite.

One transaction is one call of the engine: all of it or nothing, also when the process is killed in between. Several
processes may use one file; each waits for the other's transaction. Decimals are stored as text, to keep every digit.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from hbmcp.paper.errors import StoreUnusable
from hbmcp.private_files import private_file

PATIENCE = 10.0  # seconds to wait for another process's transaction

# Step n leads from version n to n + 1. A step that was released is never changed: add another.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE accounts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE connections (
        account TEXT NOT NULL, exchange TEXT NOT NULL, number INTEGER NOT NULL,
        PRIMARY KEY (account, exchange)) WITHOUT ROWID;
    CREATE TABLE deposits (
        number INTEGER PRIMARY KEY, account TEXT NOT NULL, exchange TEXT NOT NULL, token TEXT NOT NULL,
        amount TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE balances (
        account TEXT NOT NULL, exchange TEXT NOT NULL, token TEXT NOT NULL, total TEXT NOT NULL, locked TEXT NOT NULL,
        PRIMARY KEY (account, exchange, token)) WITHOUT ROWID;
    CREATE TABLE balance_history (
        number INTEGER PRIMARY KEY, account TEXT NOT NULL, exchange TEXT NOT NULL, at INTEGER NOT NULL,
        token TEXT NOT NULL, total TEXT NOT NULL, locked TEXT NOT NULL);
    CREATE INDEX balance_history_by_time ON balance_history (account, exchange, at);
    CREATE TABLE orders (
        number INTEGER PRIMARY KEY, exchange_id TEXT, account TEXT NOT NULL, exchange TEXT NOT NULL, pair TEXT NOT NULL,
        side TEXT NOT NULL, type TEXT NOT NULL, amount TEXT NOT NULL, price TEXT, action TEXT NOT NULL,
        status TEXT NOT NULL, filled TEXT NOT NULL, value TEXT NOT NULL, fee TEXT NOT NULL, fee_currency TEXT NOT NULL,
        created INTEGER NOT NULL, updated INTEGER NOT NULL, error TEXT, locked TEXT NOT NULL, opens TEXT NOT NULL);
    CREATE INDEX orders_resting ON orders (number) WHERE status IN ('OPEN', 'PARTIALLY_FILLED');
    CREATE TABLE fills (
        number INTEGER PRIMARY KEY, order_number INTEGER NOT NULL REFERENCES orders, account TEXT NOT NULL,
        exchange TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL, action TEXT NOT NULL,
        amount TEXT NOT NULL, price TEXT NOT NULL, fee TEXT NOT NULL, fee_currency TEXT NOT NULL, charged TEXT NOT NULL,
        charged_token TEXT NOT NULL, maker INTEGER NOT NULL, realized TEXT NOT NULL, liquidation INTEGER NOT NULL,
        at INTEGER NOT NULL);
    CREATE INDEX fills_of_order ON fills (order_number);
    CREATE TABLE taken (
        exchange TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL, at INTEGER NOT NULL, price TEXT NOT NULL,
        amount TEXT NOT NULL, PRIMARY KEY (exchange, pair, side, price)) WITHOUT ROWID;
    CREATE TABLE positions (
        account TEXT NOT NULL, exchange TEXT NOT NULL, pair TEXT NOT NULL, side TEXT NOT NULL, amount TEXT NOT NULL,
        cost TEXT NOT NULL, margin TEXT NOT NULL, PRIMARY KEY (account, exchange, pair, side)) WITHOUT ROWID;
    CREATE TABLE leverages (
        account TEXT NOT NULL, exchange TEXT NOT NULL, pair TEXT NOT NULL, leverage INTEGER NOT NULL,
        PRIMARY KEY (account, exchange, pair)) WITHOUT ROWID;
    CREATE TABLE position_modes (
        account TEXT NOT NULL, exchange TEXT NOT NULL, mode TEXT NOT NULL,
        PRIMARY KEY (account, exchange)) WITHOUT ROWID;
    CREATE TABLE funding (
        number INTEGER PRIMARY KEY, account TEXT NOT NULL, exchange TEXT NOT NULL, pair TEXT NOT NULL,
        side TEXT NOT NULL, amount TEXT NOT NULL, mark TEXT NOT NULL, rate TEXT NOT NULL, payment TEXT NOT NULL,
        currency TEXT NOT NULL, at INTEGER NOT NULL);
    """,
)


class Store:
    """`db` is for the engine's own modules; nothing else writes."""

    def __init__(self, db: sqlite3.Connection, place: str) -> None:
        self.db = db
        self.place = place

    @classmethod
    def open(cls, path: str | Path = ":memory:") -> Self:
        """Makes the file, and brings an older one up to date. Raises StoreUnusable."""
        place = str(path)
        try:
            if place != ":memory:":
                private_file(Path(place))  # SQLite gives its other files the same mode
            db = sqlite3.connect(place, timeout=PATIENCE, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(place, str(error), "Name another file, or see that this one may be written.") from error
        store = cls(db, place)
        try:
            with store._readable():
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = NORMAL")  # with WAL: a killed process loses nothing
                db.execute("PRAGMA foreign_keys = ON")
            with store.transaction():
                store._migrate()
        except BaseException:
            db.close()
            raise
        return store

    @classmethod
    def began_with(cls, file: Path) -> str | None:
        """What was deposited when the exchange in this file began, "" where that isn't known; None where there is no
        exchange yet. Nothing is made or changed.

        Raises StoreUnusable for a file that is something else, and for one that can neither be opened nor made.
        """
        if not file.exists():
            folder = next(parent for parent in file.absolute().parents if parent.exists())
            if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
                raise StoreUnusable(str(file), f"no file can be made in {folder}", "Name another file.")
            return None
        if not file.is_file() or not os.access(file, os.R_OK | os.W_OK):
            raise StoreUnusable(str(file), "it isn't a file that may be written", "Name another file.")
        db = sqlite3.connect(file, timeout=0, isolation_level=None)
        store = cls(db, str(file))
        try:
            with store._readable():
                begun = store._version() > 0 and store.fact("seed") is not None
                return (store.fact("deposited") or "") if begun else None
        finally:
            db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. The lock on writing is taken at once, so that no two processes decide on the same state."""
        with self._readable():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # the connection may be gone; then it is rolled back all the same
                    self.db.execute("ROLLBACK")
                raise

    def fact(self, name: str) -> str | None:
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep(self, name: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def close(self) -> None:
        self.db.close()

    def _version(self) -> int:
        """The format of the file, 0 for an empty one. Raises StoreUnusable for one that this version can't read."""
        version = int(self.db.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise StoreUnusable(
                self.place,
                f"it was written by a newer version of hbmcp (format {version}, this one knows {len(MIGRATIONS)})",
                "Update hbmcp, or name another file.",
            )
        if version == 0 and self.db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
            raise StoreUnusable(self.place, "it is a database of something else", "Name another file.")
        return version

    def _migrate(self) -> None:
        version = self._version()
        for step in MIGRATIONS[version:]:
            for statement in step.split(";"):  # executescript() would commit
                self.db.execute(statement)
        if version < len(MIGRATIONS):
            self.db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """SQLite's own errors, in words."""
        try:
            yield
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StoreUnusable(
                    self.place,
                    f"another process has been writing to it for {PATIENCE:.0f} seconds",
                    "Try again, stop the other server, or name another file.",
                ) from error
            raise StoreUnusable(
                self.place, str(error), "See that the disk has room and the file may be written."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreUnusable(
                self.place, str(error), "Name another file, or start anew with an empty one."
            ) from error
