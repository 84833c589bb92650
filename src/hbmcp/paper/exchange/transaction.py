"""What one transaction works with, and how a fill changes balances and positions."""

import sqlite3
from collections.abc import Mapping
from decimal import Decimal

from hbmcp.paper.exchange import orders
from hbmcp.paper.exchange.balances import Key, Ledger
from hbmcp.paper.exchange.orders import Ticket, Trade
from hbmcp.paper.exchange.positions import Holding, Positions, margin_of, side_of
from hbmcp.paper.exchange.positions import Key as PositionKey
from hbmcp.paper.exchange.records import Status
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.market.listings import Exchange, Pair
from hbmcp.paper.money import ZERO

Mark = tuple[dict[Key, tuple[Decimal, Decimal]], dict[PositionKey, Holding]]


class Transaction:
    """`at` is the time of what is being done. Nothing is in the database before write()."""

    def __init__(self, db: sqlite3.Connection, feed: Feed, exchanges: Mapping[str, Exchange], at: int) -> None:
        self.db = db
        self.feed = feed
        self.exchanges = exchanges
        self.at = at
        self.ledger = Ledger(db)
        self.positions = Positions(db)
        self._resting: list[Ticket] | None = None

    @property
    def resting(self) -> list[Ticket]:
        """The orders that rested when this transaction began, and those it has added; oldest first."""
        if self._resting is None:
            self._resting = orders.resting(self.db)
        return self._resting

    def rest(self, ticket: Ticket) -> None:
        """After a new order was stored."""
        if self._resting is not None:
            self._resting.append(ticket)

    def mark(self) -> Mark:
        """What restore() goes back to: balances and positions, not orders."""
        return self.ledger.mark(), self.positions.mark()

    def restore(self, mark: Mark) -> None:
        self.ledger.restore(mark[0])
        self.positions.restore(mark[1])

    def pair(self, ticket: Ticket) -> Pair:
        return self.exchanges[ticket.exchange].pairs[ticket.pair]

    def write(self) -> None:
        self.ledger.write(self.at)
        self.positions.write()

    # what an order holds

    def pays_with(self, ticket: Ticket) -> Key:
        """The balance that an order's lock is on."""
        pair = self.pair(ticket)
        spot_sale = ticket.side == "SELL" and not self.exchanges[ticket.exchange].perpetual
        return ticket.account, ticket.exchange, pair.base if spot_sale else pair.quote

    def lock_of(self, ticket: Ticket) -> Decimal:
        """What a resting order must hold for what remains of it.

        Spot: what it would pay. Perpetual: the initial margin of what it would open (rounded up) and the larger fee on
        all of it; nothing for one that only reduces, whose fee comes out of the margin that it frees.
        """
        if not ticket.rests or ticket.price is None:
            return ZERO
        exchange = self.exchanges[ticket.exchange]
        value = ticket.remaining * ticket.price
        if not exchange.perpetual:
            return value if ticket.side == "BUY" else ticket.remaining
        if ticket.action == "CLOSE":
            return ZERO
        leverage = self.leverage(ticket.account, ticket.exchange, ticket.pair)
        return margin_of(ticket.opens * ticket.price, leverage, up=True) + value * max(
            exchange.taker_fee, exchange.maker_fee
        )

    def relock(self, ticket: Ticket) -> bool:
        """Locks or releases until the order holds what it must. False, and nothing changed, if the balance is short."""
        key, lock = self.pays_with(ticket), self.lock_of(ticket)
        if lock - ticket.locked > self.ledger.available(key):
            return False
        self.ledger.change(key, locked=lock - ticket.locked)
        ticket.locked = lock
        return True

    def end(self, ticket: Ticket, status: Status, error: str | None = None) -> None:
        """Ends a stored order, and releases what it holds."""
        ticket.status, ticket.error, ticket.updated = status, error, self.at
        self.relock(ticket)
        orders.update(self.db, ticket)

    # one fill

    def settle(self, ticket: Ticket, amount: Decimal, price: Decimal, *, maker: bool) -> Trade | None:
        """Carries out one fill on ticket, balances and position. None, and nothing changed, if the balance is short."""
        exchange = self.exchanges[ticket.exchange]
        rate = exchange.maker_fee if maker else exchange.taker_fee
        trade = self._settle_perpetual if exchange.perpetual else self._settle_spot
        done = trade(ticket, amount, price, rate, maker)
        if done:
            ticket.updated = self.at
        return done

    def _filled(self, ticket: Ticket, amount: Decimal, price: Decimal, fee: Decimal) -> None:
        ticket.filled += amount
        ticket.value += amount * price
        ticket.fee += fee
        ticket.status = "PARTIALLY_FILLED" if ticket.remaining else "FILLED"

    def _settle_spot(self, ticket: Ticket, amount: Decimal, price: Decimal, rate: Decimal, maker: bool) -> Trade | None:
        """The fee is taken from what is received. An order with a lock rests, so it fills at its own price: its lock
        shrinks by what it pays."""
        pair = self.pair(ticket)
        base = (ticket.account, ticket.exchange, pair.base)
        quote = (ticket.account, ticket.exchange, pair.quote)
        value = amount * price
        paid, out = (quote, value) if ticket.side == "BUY" else (base, amount)
        received, gain = (base, amount) if ticket.side == "BUY" else (quote, value)
        freed = out if ticket.locked else ZERO
        if self.ledger.available(paid) + freed < out:
            return None
        self.ledger.change(paid, total=-out, locked=-freed)
        self.ledger.change(received, total=gain - gain * rate)
        ticket.locked -= freed
        self._filled(ticket, amount, price, value * rate)
        return Trade(amount, price, value * rate, gain * rate, received[2], maker)

    def _settle_perpetual(
        self, ticket: Ticket, amount: Decimal, price: Decimal, rate: Decimal, maker: bool
    ) -> Trade | None:
        """First reduces an opposite position, then opens with the rest. Profit and fee change the quote balance."""
        key = self.position_key(ticket)
        old = self.positions[key]
        opposite = old.amount * ticket.sign < 0
        closing = min(amount, abs(old.amount)) if opposite else ZERO
        opening = amount - closing
        if opening and ticket.action == "CLOSE":
            raise AssertionError("a reducing order would open a position")
        holding, realized = old.reduced(closing, price) if closing else (old, ZERO)
        if opening:
            holding = holding.opened(ticket.sign * opening, price, self.leverage(*key[:3]))
        fee = amount * price * rate

        wallet = (ticket.account, ticket.exchange, self.pair(ticket).quote)
        before = (ticket.filled, ticket.value, ticket.fee, ticket.status, ticket.opens)
        self._filled(ticket, amount, price, fee)
        ticket.opens = min(ticket.opens, ticket.remaining)
        lock = self.lock_of(ticket) if ticket.locked else ZERO
        locked = holding.margin - old.margin + lock - ticket.locked
        if self.ledger.available(wallet) + realized - fee < locked:
            ticket.filled, ticket.value, ticket.fee, ticket.status, ticket.opens = before
            return None
        self.ledger.change(wallet, total=realized - fee, locked=locked)
        ticket.locked = lock
        self.positions[key] = holding
        return Trade(amount, price, fee, fee, wallet[2], maker, realized)

    # perpetuals

    def hedged(self, account: str, exchange: str) -> bool:
        row = self.db.execute(
            "SELECT mode FROM position_modes WHERE account = ? AND exchange = ?", (account, exchange)
        ).fetchone()
        return row is not None and row[0] == "HEDGE"

    def leverage(self, account: str, exchange: str, pair: str) -> int:
        row = self.db.execute(
            "SELECT leverage FROM leverages WHERE account = ? AND exchange = ? AND pair = ?", (account, exchange, pair)
        ).fetchone()
        return int(row[0]) if row else 1

    def position_key(self, ticket: Ticket) -> PositionKey:
        hedge = self.hedged(ticket.account, ticket.exchange)
        return ticket.account, ticket.exchange, ticket.pair, side_of(hedge, ticket.side, ticket.action == "CLOSE")

    def reducible(self, ticket: Ticket) -> Decimal:
        """How much of a position this order could reduce."""
        holding = self.positions[self.position_key(ticket)]
        return abs(holding.amount) if holding.amount * ticket.sign < 0 else ZERO
