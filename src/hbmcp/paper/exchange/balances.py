"""Who has how much. Balances are read once per transaction, changed here, and written with their history.

`total` is what an account owns of a token at an exchange, `locked` the part that orders and positions hold.
Always 0 <= locked <= total: a change that would break it is a fault of the engine, and undoes the transaction.
"""

import sqlite3
from decimal import Decimal

from hbmcp.paper.exchange.records import Balance, Snapshot
from hbmcp.paper.money import ZERO

Key = tuple[str, str, str]  # account, exchange, token


class Ledger:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[Key, tuple[Decimal, Decimal]] = {}
        self._changed: set[Key] = set()

    def available(self, key: Key) -> Decimal:
        total, locked = self._read(key)
        return total - locked

    def total(self, key: Key) -> Decimal:
        return self._read(key)[0]

    def change(self, key: Key, total: Decimal = ZERO, locked: Decimal = ZERO) -> None:
        """Adds to either. Raises AssertionError rather than let a balance fall below zero."""
        old_total, old_locked = self._read(key)
        new_total, new_locked = old_total + total, old_locked + locked
        if not ZERO <= new_locked <= new_total:
            raise AssertionError(f"{key} would have a total of {new_total} and {new_locked} of it locked")
        self._known[key] = new_total, new_locked
        self._changed.add(key)

    def mark(self) -> dict[Key, tuple[Decimal, Decimal]]:
        """What restore() goes back to."""
        return dict(self._known)

    def restore(self, mark: dict[Key, tuple[Decimal, Decimal]]) -> None:
        for key, held in mark.items():
            self._known[key] = held
        for key in self._known.keys() - mark.keys():
            del self._known[key]
            self._changed.discard(key)

    def write(self, at: int) -> None:
        """Everything that changed, as of the time `at`."""
        if not self._changed:
            return
        rows = [(*key, *map(str, self._known[key])) for key in sorted(self._changed)]
        self._db.executemany("INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?, ?)", rows)
        self._db.executemany(
            "INSERT INTO balance_history (account, exchange, token, total, locked, at) VALUES (?, ?, ?, ?, ?, ?)",
            [(*row, at) for row in rows],
        )
        self._changed.clear()

    def _read(self, key: Key) -> tuple[Decimal, Decimal]:
        held = self._known.get(key)
        if held is None:
            row = self._db.execute(
                "SELECT total, locked FROM balances WHERE account = ? AND exchange = ? AND token = ?", key
            ).fetchone()
            held = self._known[key] = (Decimal(row[0]), Decimal(row[1])) if row else (ZERO, ZERO)
        return held


def deposit(db: sqlite3.Connection, ledger: Ledger, key: Key, amount: Decimal, at: int) -> None:
    db.execute(
        "INSERT INTO deposits (account, exchange, token, amount, at) VALUES (?, ?, ?, ?, ?)", (*key, str(amount), at)
    )
    ledger.change(key, total=amount)


def balances(db: sqlite3.Connection, account: str, exchange: str) -> dict[str, Balance]:
    """Of every token that the account ever had there."""
    rows = db.execute(
        "SELECT token, total, locked FROM balances WHERE account = ? AND exchange = ? ORDER BY token",
        (account, exchange),
    )
    return {token: _balance(total, locked) for token, total, locked in rows}


def history(db: sqlite3.Connection, account: str, exchange: str, start: int, end: int, step: int) -> list[Snapshot]:
    """At start, start + step, … <= end, oldest first; none from before the first deposit."""
    rows = db.execute(
        "SELECT at, token, total, locked FROM balance_history WHERE account = ? AND exchange = ? AND at <= ? "
        "ORDER BY number",
        (account, exchange, end),
    ).fetchall()
    held: dict[str, Balance] = {}
    answer = []
    seen = 0
    for at in range(start, end + 1, step):
        while seen < len(rows) and rows[seen][0] <= at:
            _, token, total, locked = rows[seen]
            held[token] = _balance(total, locked)
            seen += 1
        if held:
            answer.append(Snapshot(at, dict(held)))
    return answer


def _balance(total: str, locked: str) -> Balance:
    whole = Decimal(total)
    return Balance(whole, whole - Decimal(locked))
