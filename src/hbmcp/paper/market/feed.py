"""What the engine asks of the market, and what its own orders have taken from the book.

The market doesn't feel the paper exchange's orders, but no amount in its book is sold twice: what was taken is gone
until the market's next tick of time fills the book again. Own orders never trade with each other.
"""

import sqlite3
from collections.abc import Callable, Sequence
from decimal import Context, Decimal, localcontext
from typing import Protocol

from hbmcp.paper.market.order_book import Side
from hbmcp.paper.money import ZERO

_MARKET = Context(prec=28)  # the market rounds, the engine doesn't
_KEPT = 256  # books remembered
_TOP = 20  # levels that most orders need


class Market(Protocol):
    """Pure functions of time: see market.py."""

    @property
    def seed(self) -> int: ...
    def price(self, exchange: str, pair: str, at: int) -> Decimal: ...
    def first_touch(
        self, exchange: str, pair: str, start: int, end: int, level: Decimal, upward: bool
    ) -> int | None: ...  # start <= answer < end
    def mark(self, exchange: str, pair: str, at: int) -> Decimal: ...
    def funding_rate(self, exchange: str, pair: str, at: int) -> Decimal: ...
    def next_funding(self, exchange: str, at: int) -> int: ...


class Level(Protocol):
    @property
    def price(self) -> Decimal: ...
    @property
    def amount(self) -> Decimal: ...


class Book(Protocol):
    @property
    def bids(self) -> Sequence[Level]: ...
    @property
    def asks(self) -> Sequence[Level]: ...


Books = Callable[[str, str, int, int], Book]  # exchange, pair, at, depth


class Feed:
    """One per engine."""

    def __init__(self, market: Market, books: Books, depth: int, grid: int) -> None:
        """`depth`: levels of a whole book. `grid`: milliseconds between the market's ticks of time; prices and books
        change at multiples of it."""
        self.market = market
        self._books = books
        self._depth = depth
        self._grid = grid
        self._kept: dict[tuple[str, str, int, int], Book] = {}

    def price(self, exchange: str, pair: str, at: int) -> Decimal:
        with localcontext(_MARKET):
            return self.market.price(exchange, pair, at)

    def mark(self, exchange: str, pair: str, at: int) -> Decimal:
        with localcontext(_MARKET):
            return self.market.mark(exchange, pair, at)

    def funding_rate(self, exchange: str, pair: str, at: int) -> Decimal:
        with localcontext(_MARKET):
            return self.market.funding_rate(exchange, pair, at)

    def next_funding(self, exchange: str, at: int) -> int:
        """Later than `at`."""
        with localcontext(_MARKET):
            return self.market.next_funding(exchange, at)

    def next_tick(self, after: int) -> int:
        """The first time later than `after` at which anything in the market changes. Funding is due at one of them."""
        return (after // self._grid + 1) * self._grid

    def first_touch(self, exchange: str, pair: str, after: int, end: int, level: Decimal, upward: bool) -> int | None:
        """The first tick of time, after < answer <= end, at which the price is at the level or beyond."""
        start = self.next_tick(after)
        if start > end:
            return None
        with localcontext(_MARKET):
            return self.market.first_touch(exchange, pair, start, end + 1, level, upward)

    def best(self, exchange: str, pair: str, at: int, side: Side) -> Decimal | None:
        """The price that an order of this side would take first; None where nothing is offered."""
        levels = self._levels(exchange, pair, at, side, _TOP)[0]
        return levels[0].price if levels else None

    def offered(
        self, db: sqlite3.Connection, exchange: str, pair: str, at: int, side: Side, amount: Decimal
    ) -> list[tuple[Decimal, Decimal]]:
        """Price and amount of the levels that an order of this side meets, best first, without what was taken already;
        `amount` in all, or everything if the book holds less."""
        for depth in (_TOP, self._depth):
            levels, book_at = self._levels(exchange, pair, at, side, depth)
            gone = dict(
                db.execute(
                    "SELECT price, amount FROM taken WHERE exchange = ? AND pair = ? AND side = ? AND at = ?",
                    (exchange, pair, side, book_at),
                ).fetchall()
            )
            left, found = [], ZERO
            for level in levels:
                rest = level.amount - Decimal(gone[str(level.price)]) if str(level.price) in gone else level.amount
                if rest > 0:
                    left.append((level.price, rest))
                    found += rest
                    if found >= amount:
                        return left
            if len(levels) < depth:
                return left
        return left

    def take(
        self,
        db: sqlite3.Connection,
        exchange: str,
        pair: str,
        at: int,
        side: Side,
        taken: list[tuple[Decimal, Decimal]],
    ) -> None:
        """Remembers price and amount of what an order of this side took."""
        book_at = self._levels(exchange, pair, at, side, _TOP)[1]
        db.execute(
            "DELETE FROM taken WHERE exchange = ? AND pair = ? AND side = ? AND at <> ?",
            (exchange, pair, side, book_at),
        )
        for price, amount in taken:
            key = (exchange, pair, side, str(price))
            row = db.execute(
                "SELECT amount FROM taken WHERE exchange = ? AND pair = ? AND side = ? AND price = ?", key
            ).fetchone()
            total = amount + Decimal(row[0]) if row else amount
            db.execute(
                "INSERT OR REPLACE INTO taken (exchange, pair, side, price, at, amount) VALUES (?, ?, ?, ?, ?, ?)",
                (*key, book_at, str(total)),
            )

    def _levels(self, exchange: str, pair: str, at: int, side: Side, depth: int) -> tuple[Sequence[Level], int]:
        at -= at % self._grid
        key = (exchange, pair, at, depth)
        book = self._kept.get(key)
        if book is None:
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            with localcontext(_MARKET):
                book = self._kept[key] = self._books(exchange, pair, at, depth)
        return (book.asks if side == "BUY" else book.bids), at
