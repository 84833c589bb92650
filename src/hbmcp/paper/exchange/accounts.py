"""Accounts and the exchanges that they have credentials for.

Deleting or disconnecting takes away the keys, not what is on the exchange: its orders and positions live on, and are
there again when somebody connects again.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from hbmcp.paper.errors import (
    AccountExists,
    BadName,
    BadValue,
    MasterAccount,
    NotConnected,
    NotPerpetual,
    UnknownAccount,
    UnknownExchange,
    UnknownPair,
)
from hbmcp.paper.exchange import balances
from hbmcp.paper.exchange.transaction import Transaction
from hbmcp.paper.market.listings import ACCOUNTS, EXCHANGES, Exchange, Pair
from hbmcp.paper.money import LARGEST

Balances = Mapping[tuple[str, str], Mapping[str, Decimal]]

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PLACES = 18  # of an amount deposited


def begin(transaction: Transaction, start: Balances) -> None:
    """The usual accounts, and what they start with."""
    names = dict.fromkeys([*ACCOUNTS, *(account for account, _ in start)])
    transaction.db.executemany("INSERT INTO accounts VALUES (?, ?)", [(name, n) for n, name in enumerate(names, 1)])
    for account, exchange in start:
        connect(transaction, account, exchange, start)


def names(transaction: Transaction) -> list[str]:
    return [name for (name,) in transaction.db.execute("SELECT name FROM accounts ORDER BY number")]


def add(transaction: Transaction, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadName(name)
    if _exists(transaction, name):
        raise AccountExists(name)
    transaction.db.execute("INSERT INTO accounts SELECT ?, 1 + COALESCE(MAX(number), 0) FROM accounts", (name,))


def delete(transaction: Transaction, name: str) -> None:
    if name == ACCOUNTS[0]:
        raise MasterAccount
    known_account(transaction, name)
    transaction.db.execute("DELETE FROM connections WHERE account = ?", (name,))
    transaction.db.execute("DELETE FROM accounts WHERE name = ?", (name,))


def connections(transaction: Transaction, account: str) -> list[str]:
    known_account(transaction, account)
    rows = transaction.db.execute("SELECT exchange FROM connections WHERE account = ? ORDER BY number", (account,))
    return [exchange for (exchange,) in rows]


def connect(transaction: Transaction, account: str, exchange: str, start: Balances) -> None:
    """The first time, with the account's own starting balances or those of the first account."""
    known_account(transaction, account)
    known_exchange(exchange)
    transaction.db.execute(
        "INSERT OR IGNORE INTO connections SELECT ?, ?, 1 + COALESCE(MAX(number), 0) FROM connections",
        (account, exchange),
    )
    known = "SELECT 1 FROM deposits WHERE account = ? AND exchange = ? LIMIT 1"
    if transaction.db.execute(known, (account, exchange)).fetchone():
        return
    for token, amount in start.get((account, exchange), start.get((ACCOUNTS[0], exchange), {})).items():
        deposit(transaction, account, exchange, token, amount)


def disconnect(transaction: Transaction, account: str, exchange: str) -> None:
    known_account(transaction, account)
    known_exchange(exchange)
    transaction.db.execute("DELETE FROM connections WHERE account = ? AND exchange = ?", (account, exchange))


def deposit(transaction: Transaction, account: str, exchange: str, token: str, amount: Decimal) -> None:
    """Raises BadValue for an amount that isn't positive, or has more places than money has. 0 is none, and no error."""
    places = amount.as_tuple().exponent
    if not (isinstance(places, int) and places >= -_PLACES and 0 <= amount < LARGEST):
        raise BadValue("amount", amount, f"a positive number of no more than {_PLACES} places")
    balances.deposit(transaction.db, transaction.ledger, (account, exchange, token), amount, transaction.at)


def known_account(transaction: Transaction, account: str) -> None:
    """Raises UnknownAccount."""
    if not _exists(transaction, account):
        raise UnknownAccount(account)


def connected(transaction: Transaction, account: str, exchange: str) -> Exchange:
    """Raises UnknownAccount, UnknownExchange, NotConnected."""
    known_account(transaction, account)
    place = known_exchange(exchange)
    question = "SELECT 1 FROM connections WHERE account = ? AND exchange = ?"
    if not transaction.db.execute(question, (account, exchange)).fetchone():
        raise NotConnected(account, exchange)
    return place


def connected_perpetual(transaction: Transaction, account: str, exchange: str) -> Exchange:
    """Raises as connected(), and NotPerpetual."""
    known_account(transaction, account)
    if not known_exchange(exchange).perpetual:
        raise NotPerpetual(exchange)
    return connected(transaction, account, exchange)


def known_exchange(exchange: str) -> Exchange:
    """Raises UnknownExchange."""
    if exchange not in EXCHANGES:
        raise UnknownExchange(exchange)
    return EXCHANGES[exchange]


def known_pair(exchange: Exchange, pair: str) -> Pair:
    """Raises UnknownPair."""
    if pair not in exchange.pairs:
        raise UnknownPair(exchange.name, pair, exchange.pairs)
    return exchange.pairs[pair]


def _exists(transaction: Transaction, account: str) -> bool:
    return transaction.db.execute("SELECT 1 FROM accounts WHERE name = ?", (account,)).fetchone() is not None
