"""Orders and their fills, as they are stored. queries.py asks for them."""

import sqlite3
from decimal import Decimal
from typing import Any

from attrs import define, frozen

from hbmcp.paper.errors import UnknownOrder
from hbmcp.paper.exchange.records import RESTING, Action, Order, OrderType, Side, Status
from hbmcp.paper.money import ZERO, average

PREFIX = "paper"  # of every order's id
EXCHANGE_IDS = 1_000_000

_COLUMNS = (
    "exchange_id, account, exchange, pair, side, type, amount, price, action, status, filled, value, fee, "
    "fee_currency, created, updated, error, locked, opens"
)
_INSERT = f"INSERT INTO orders ({_COLUMNS}) VALUES ({', '.join('?' * 19)})"
SELECT = f"SELECT number, {_COLUMNS} FROM orders"
FILL_COLUMNS = (
    "order_number, account, exchange, pair, side, type, action, amount, price, fee, fee_currency, charged, "
    "charged_token, maker, realized, liquidation, at"
)
_INSERT_FILL = f"INSERT INTO fills ({FILL_COLUMNS}) VALUES ({', '.join('?' * 17)})"


@define
class Ticket:
    """An order while the engine works on it. `value` is the sum of amount times price of its fills; `locked` what it
    holds of the token it would pay with; `opens` how much of what remains should open a position (perpetuals)."""

    account: str
    exchange: str
    pair: str
    side: Side
    type: OrderType
    amount: Decimal
    price: Decimal | None
    action: Action
    fee_currency: str
    created: int
    updated: int
    status: Status = "OPEN"
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    error: str | None = None
    locked: Decimal = ZERO
    opens: Decimal = ZERO
    number: int = 0
    exchange_id: str | None = None

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.filled

    @property
    def sign(self) -> int:
        return 1 if self.side == "BUY" else -1

    @property
    def rests(self) -> bool:
        return self.status in RESTING

    def record(self) -> Order:
        return Order(
            order_id(self.number),
            self.exchange_id,
            self.account,
            self.exchange,
            self.pair,
            self.side,
            self.type,
            self.amount,
            self.price,
            self.action,
            self.status,
            self.filled,
            average(self.value, self.filled) if self.filled else None,
            self.fee,
            self.fee_currency,
            self.created,
            self.updated,
            self.error,
        )


@frozen
class Trade:
    """One fill before it is stored: see records.Fill."""

    amount: Decimal
    price: Decimal
    fee: Decimal
    charged: Decimal
    charged_token: str
    maker: bool
    realized: Decimal = ZERO
    liquidation: bool = False


def order_id(number: int) -> str:
    return f"{PREFIX}{number:010d}"


def insert(db: sqlite3.Connection, ticket: Ticket) -> None:
    """Gives it its number, and unless the exchange refused it the exchange's own id."""
    ticket.number = db.execute(_INSERT, _row(ticket)).lastrowid or 0
    if ticket.status != "FAILED":
        ticket.exchange_id = str(EXCHANGE_IDS + ticket.number)
        db.execute("UPDATE orders SET exchange_id = ? WHERE number = ?", (ticket.exchange_id, ticket.number))


def update(db: sqlite3.Connection, ticket: Ticket) -> None:
    db.execute(
        "UPDATE orders SET status = ?, filled = ?, value = ?, fee = ?, updated = ?, error = ?, locked = ?, opens = ? "
        "WHERE number = ?",
        (
            ticket.status,
            str(ticket.filled),
            str(ticket.value),
            str(ticket.fee),
            ticket.updated,
            ticket.error,
            str(ticket.locked),
            str(ticket.opens),
            ticket.number,
        ),
    )


def insert_trades(db: sqlite3.Connection, ticket: Ticket, trades: list[Trade], at: int) -> None:
    shared = (ticket.number, ticket.account, ticket.exchange, ticket.pair, ticket.side, ticket.type, ticket.action)
    db.executemany(
        _INSERT_FILL,
        [
            (
                *shared,
                str(trade.amount),
                str(trade.price),
                str(trade.fee),
                ticket.fee_currency,
                str(trade.charged),
                trade.charged_token,
                trade.maker,
                str(trade.realized),
                trade.liquidation,
                at,
            )
            for trade in trades
        ],
    )


def number_of(text: str) -> int:
    """The number in an order's id; 0, which no order has, if it isn't one."""
    digits = text.removeprefix(PREFIX)
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
    return number if order_id(number) == text else 0


def get(db: sqlite3.Connection, text: str) -> Ticket:
    """Raises UnknownOrder."""
    row = db.execute(f"{SELECT} WHERE number = ?", (number_of(text),)).fetchone()
    if row is None:
        raise UnknownOrder(text)
    return ticket_of(row)


def resting(db: sqlite3.Connection) -> list[Ticket]:
    """All of them, oldest first."""
    rows = db.execute(f"{SELECT} WHERE status IN ('OPEN', 'PARTIALLY_FILLED') ORDER BY number")
    return [ticket_of(row) for row in rows]


def any_reduces(db: sqlite3.Connection, account: str, exchange: str, pair: str) -> bool:
    """Whether an order rests that is to close a position."""
    question = (
        "SELECT 1 FROM orders WHERE status IN ('OPEN', 'PARTIALLY_FILLED') AND action = 'CLOSE' "
        "AND account = ? AND exchange = ? AND pair = ? LIMIT 1"
    )
    return db.execute(question, (account, exchange, pair)).fetchone() is not None


def _row(ticket: Ticket) -> tuple[Any, ...]:
    return (
        ticket.exchange_id,
        ticket.account,
        ticket.exchange,
        ticket.pair,
        ticket.side,
        ticket.type,
        str(ticket.amount),
        None if ticket.price is None else str(ticket.price),
        ticket.action,
        ticket.status,
        str(ticket.filled),
        str(ticket.value),
        str(ticket.fee),
        ticket.fee_currency,
        ticket.created,
        ticket.updated,
        ticket.error,
        str(ticket.locked),
        str(ticket.opens),
    )


def ticket_of(row: tuple[Any, ...]) -> Ticket:
    (number, exchange_id, account, exchange, pair, side, kind, amount, price, action, status, filled, value, fee) = row[
        :14
    ]
    fee_currency, created, updated, error, locked, opens = row[14:]
    return Ticket(
        account=account,
        exchange=exchange,
        pair=pair,
        side=side,
        type=kind,
        amount=Decimal(amount),
        price=None if price is None else Decimal(price),
        action=action,
        fee_currency=fee_currency,
        created=created,
        updated=updated,
        status=status,
        filled=Decimal(filled),
        value=Decimal(value),
        fee=Decimal(fee),
        error=error,
        locked=Decimal(locked),
        opens=Decimal(opens),
        number=number,
        exchange_id=exchange_id,
    )
