"""Executors in the exchange's own database, so that they change together with the orders that they place."""

from collections.abc import Iterator
from contextlib import contextmanager

from hbmcp.paper.exchange.database import Store
from hbmcp.paper.executors.record import Record

_TABLE = """
CREATE TABLE IF NOT EXISTS executors (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, active INTEGER NOT NULL, record TEXT NOT NULL)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS executors_active ON executors (number) WHERE active = 1"


class Shelf(Store):
    """The exchange's store, whose transactions may lie in one another here: what an executor does in one step is whole.

    Writing records belongs into a transaction.
    """

    @classmethod
    def beside(cls, store: Store) -> "Shelf":
        shelf = cls(store.db, store.place)
        with shelf.transaction():
            shelf.db.execute(_TABLE)
            shelf.db.execute(_INDEX)
        return shelf

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The outermost is one; what fails in an inner one undoes the inner one."""
        if not self.db.in_transaction:
            with super().transaction():
                yield
            return
        self.db.execute("SAVEPOINT inner_one")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO inner_one")
            raise
        finally:
            self.db.execute("RELEASE inner_one")

    def add(self, record: Record) -> None:
        self.db.execute(
            "INSERT INTO executors (id, active, record) VALUES (?, ?, ?)", (record.id, record.active, record.dump())
        )

    def put(self, record: Record) -> None:
        self.db.execute(
            "UPDATE executors SET active = ?, record = ? WHERE id = ?", (record.active, record.dump(), record.id)
        )

    def get(self, executor_id: str) -> Record | None:
        row = self.db.execute("SELECT record FROM executors WHERE id = ?", (executor_id,)).fetchone()
        return Record.load(row[0]) if row else None

    def active(self) -> list[Record]:
        """Oldest first."""
        return list(self._read("SELECT record FROM executors WHERE active = 1 ORDER BY number"))

    def all(self) -> list[Record]:
        """Newest first."""
        return list(self._read("SELECT record FROM executors ORDER BY number DESC"))

    def _read(self, query: str) -> Iterator[Record]:
        for (text,) in self.db.execute(query).fetchall():
            yield Record.load(text)
