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
from hbmcp.paper.exchange.transaction import Desk
from hbmcp.paper.market.listings import ACCOUNTS, EXCHANGES, Exchange, Pair
from hbmcp.paper.money import LARGEST

Balances = Mapping[tuple[str, str], Mapping[str, Decimal]]

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PLACES = 18  # of an amount deposited


def begin(desk: Desk, start: Balances) -> None:
    """The usual accounts, and what they start with."""
    names = dict.fromkeys([*ACCOUNTS, *(account for account, _ in start)])
    desk.db.executemany("INSERT INTO accounts VALUES (?, ?)", [(name, n) for n, name in enumerate(names, 1)])
    for account, exchange in start:
        connect(desk, account, exchange, start)


def names(desk: Desk) -> list[str]:
    return [name for (name,) in desk.db.execute("SELECT name FROM accounts ORDER BY number")]


def add(desk: Desk, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise BadName(name)
    if _exists(desk, name):
        raise AccountExists(name)
    desk.db.execute("INSERT INTO accounts SELECT ?, 1 + COALESCE(MAX(number), 0) FROM accounts", (name,))


def delete(desk: Desk, name: str) -> None:
    if name == ACCOUNTS[0]:
        raise MasterAccount
    known_account(desk, name)
    desk.db.execute("DELETE FROM connections WHERE account = ?", (name,))
    desk.db.execute("DELETE FROM accounts WHERE name = ?", (name,))


def connections(desk: Desk, account: str) -> list[str]:
    known_account(desk, account)
    rows = desk.db.execute("SELECT exchange FROM connections WHERE account = ? ORDER BY number", (account,))
    return [exchange for (exchange,) in rows]


def connect(desk: Desk, account: str, exchange: str, start: Balances) -> None:
    """The first time, with the account's own starting balances or those of the first account."""
    known_account(desk, account)
    known_exchange(exchange)
    desk.db.execute(
        "INSERT OR IGNORE INTO connections SELECT ?, ?, 1 + COALESCE(MAX(number), 0) FROM connections",
        (account, exchange),
    )
    known = "SELECT 1 FROM deposits WHERE account = ? AND exchange = ? LIMIT 1"
    if desk.db.execute(known, (account, exchange)).fetchone():
        return
    for token, amount in start.get((account, exchange), start.get((ACCOUNTS[0], exchange), {})).items():
        deposit(desk, account, exchange, token, amount)


def disconnect(desk: Desk, account: str, exchange: str) -> None:
    known_account(desk, account)
    known_exchange(exchange)
    desk.db.execute("DELETE FROM connections WHERE account = ? AND exchange = ?", (account, exchange))


def deposit(desk: Desk, account: str, exchange: str, token: str, amount: Decimal) -> None:
    """Raises BadValue for an amount that isn't positive, or has more places than money has. 0 is none, and no error."""
    places = amount.as_tuple().exponent
    if not (isinstance(places, int) and places >= -_PLACES and 0 <= amount < LARGEST):
        raise BadValue("amount", amount, f"a positive number of no more than {_PLACES} places")
    balances.deposit(desk.db, desk.ledger, (account, exchange, token), amount, desk.at)


def known_account(desk: Desk, account: str) -> None:
    """Raises UnknownAccount."""
    if not _exists(desk, account):
        raise UnknownAccount(account)


def connected(desk: Desk, account: str, exchange: str) -> Exchange:
    """Raises UnknownAccount, UnknownExchange, NotConnected."""
    known_account(desk, account)
    place = known_exchange(exchange)
    question = "SELECT 1 FROM connections WHERE account = ? AND exchange = ?"
    if not desk.db.execute(question, (account, exchange)).fetchone():
        raise NotConnected(account, exchange)
    return place


def connected_perpetual(desk: Desk, account: str, exchange: str) -> Exchange:
    """Raises as connected(), and NotPerpetual."""
    known_account(desk, account)
    if not known_exchange(exchange).perpetual:
        raise NotPerpetual(exchange)
    return connected(desk, account, exchange)


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


def _exists(desk: Desk, account: str) -> bool:
    return desk.db.execute("SELECT 1 FROM accounts WHERE name = ?", (account,)).fetchone() is not None
