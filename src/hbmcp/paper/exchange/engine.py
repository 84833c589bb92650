"""The paper exchange: the only thing that changes its state.

Every public call is one transaction: it first advances the world to the clock's now (what rested is filled, funding is
paid, what must be is liquidated; also for the time when nobody asked) and then does its own work.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext

from hbmcp.paper.errors import BadValue, StoreUnusable, UnknownOrder
from hbmcp.paper.exchange import accounts as keys
from hbmcp.paper.exchange import balances, equity, matching, order_queries, order_rules, orders, perpetuals, positions
from hbmcp.paper.exchange.accounts import Balances
from hbmcp.paper.exchange.database import Store
from hbmcp.paper.exchange.events import advance
from hbmcp.paper.exchange.order_queries import Names
from hbmcp.paper.exchange.records import (
    Action,
    Balance,
    Fill,
    FundingPayment,
    Order,
    OrderType,
    Position,
    PositionMode,
    Side,
    Snapshot,
    Status,
)
from hbmcp.paper.exchange.transaction import Transaction
from hbmcp.paper.market.clock import Clock
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.market.listings import EXCHANGES, START_BALANCES, Exchange, deposited
from hbmcp.paper.market.market import Market
from hbmcp.paper.market.order_book import DEPTH, Book
from hbmcp.paper.market.random_path import STEP
from hbmcp.paper.money import EXACT


class Engine:
    """Accounts, orders, balances and positions on the exchanges of world.py."""

    def __init__(self, market: Market | Feed, store: Store, clock: Clock, balances: Balances | None = None) -> None:
        """`balances` are the deposits of a new store: (account, exchange) -> token -> amount.

        A Feed is a market with books of its own, which a test may script.

        Raises StoreUnusable if the file was written on a market of another seed.
        """
        self._store = store
        self.clock = clock
        self._start = START_BALANCES if balances is None else balances
        self._feed = market if isinstance(market, Feed) else _feed(market)
        with store.transaction():
            seed, own = store.fact("seed"), self._feed.market.seed
            if seed is None:
                self._begin(own)
            elif seed != str(own):
                reason = f"its prices are those of seed {seed}, not {own}"
                raise StoreUnusable(store.place, reason, "Name another file, or start with that seed.")

    def now(self) -> int:
        """The time of the world: the clock's, but never earlier than what has happened already."""
        return max(self.clock.now(), int(self._store.fact("now") or 0))

    def advance(self) -> int:
        """Brings the world to now, and answers now. Every other call does it too."""
        with self._desk() as transaction:
            return transaction.at

    # Accounts. Deleting or disconnecting takes away the keys, not what is on the exchange: see accounts.py.

    def accounts(self) -> list[str]:
        """Oldest first."""
        with self._desk() as transaction:
            return keys.names(transaction)

    def add_account(self, name: str) -> None:
        """Raises BadName, AccountExists."""
        with self._desk() as transaction:
            keys.add(transaction, name)

    def delete_account(self, name: str) -> None:
        """Raises UnknownAccount, MasterAccount."""
        with self._desk() as transaction:
            keys.delete(transaction, name)

    def connectors(self, account: str) -> list[str]:
        """The exchanges it has credentials for, oldest first. Raises UnknownAccount."""
        with self._desk() as transaction:
            return keys.connections(transaction, account)

    def connect(self, account: str, exchange: str) -> None:
        """The first time, the starting balances are deposited: the account's own, or else the first account's.

        Raises UnknownAccount, UnknownExchange.
        """
        with self._desk() as transaction:
            keys.connect(transaction, account, exchange, self._start)

    def disconnect(self, account: str, exchange: str) -> None:
        """No error if it wasn't connected. Raises UnknownAccount, UnknownExchange."""
        with self._desk() as transaction:
            keys.disconnect(transaction, account, exchange)

    def deposit(self, account: str, exchange: str, token: str, amount: Decimal) -> None:
        """Adds to a balance. Raises BadValue, and as everything below UnknownAccount, UnknownExchange, NotConnected."""
        with self._desk() as transaction:
            keys.connected(transaction, account, exchange)
            keys.deposit(transaction, account, exchange, token, amount)

    # Everything below raises UnknownAccount, UnknownExchange and NotConnected for what it names in the singular.

    def balances(self, account: str, exchange: str) -> dict[str, Balance]:
        """By token; also those that are 0 by now."""
        with self._desk() as transaction:
            keys.connected(transaction, account, exchange)
            return balances.balances(transaction.db, account, exchange)

    def reported(self, account: str, exchange: str) -> dict[str, Balance]:
        """The balances as the exchange tells them: with unrealized P&L where it reports equity."""
        with self._desk() as transaction:
            place = keys.connected(transaction, account, exchange)
            wallet = balances.balances(transaction.db, account, exchange)
            return self._as_told(transaction, account, place, [Snapshot(transaction.at, wallet)])[0].balances

    def reported_history(self, account: str, exchange: str, start: int, end: int, step: int) -> list[Snapshot]:
        """As history(), of what the exchange told then."""
        wallets = self.history(account, exchange, start, end, step)
        with self._desk() as transaction:
            return self._as_told(transaction, account, EXCHANGES[exchange], wallets)

    def history(self, account: str, exchange: str, start: int, end: int, step: int) -> list[Snapshot]:
        """Balances at start, start + step, … up to `end` or now, oldest first, none from before the first deposit.

        Raises BadValue for a step that isn't above 0.
        """
        with self._desk() as transaction:
            keys.connected(transaction, account, exchange)
            if step <= 0:
                raise BadValue("step", step, "more than 0 milliseconds")
            return balances.history(transaction.db, account, exchange, start, min(end, transaction.at), step)

    def place(
        self,
        account: str,
        exchange: str,
        pair: str,
        side: Side,
        amount: Decimal,
        type: OrderType = "MARKET",  # noqa: A002
        price: Decimal | None = None,
        action: Action = "OPEN",
    ) -> Order:
        """The order as it is after the exchange has looked at it: FILLED, OPEN, PARTIALLY_FILLED, CANCELLED (a market
        order of which the book couldn't fill all) or FAILED (refused: `error` says why). Amount and price are rounded
        down to lot and tick.

        Raises UnknownPair, BadValue, PriceRequired, BelowMinimum: nothing is stored then.
        """
        with self._desk() as transaction:
            place = keys.connected(transaction, account, exchange)
            rule = keys.known_pair(place, pair)
            ticket = order_rules.checked(
                account, place, rule, side, amount, type, price, action, self._feed, transaction.at
            )
            return matching.execute(transaction, ticket).record()

    def cancel(self, account: str, exchange: str, order_id: str) -> Order:
        """Raises UnknownOrder if it doesn't rest (any more), or isn't of this account and exchange."""
        with self._desk() as transaction:
            keys.connected(transaction, account, exchange)
            ticket = orders.get(transaction.db, order_id)
            if not ticket.rests or (ticket.account, ticket.exchange) != (account, exchange):
                raise UnknownOrder(order_id)
            transaction.end(ticket, "CANCELLED")
            return ticket.record()

    def order(self, order_id: str) -> Order:
        """Raises UnknownOrder."""
        with self._desk() as transaction:
            return orders.get(transaction.db, order_id).record()

    def orders(
        self,
        *,
        accounts: Names = None,
        exchanges: Names = None,
        pairs: Names = None,
        statuses: Collection[Status] | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Order]:
        """Newest first, start <= created <= end. A filter that is None lets all through, an empty one nothing."""
        with self._desk() as transaction:
            return order_queries.search(transaction.db, accounts, exchanges, pairs, statuses, start, end, limit)

    def fills(
        self,
        *,
        accounts: Names = None,
        exchanges: Names = None,
        pairs: Names = None,
        order_ids: Names = None,
        sides: Collection[Side] | None = None,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[Fill]:
        """Newest first, start <= at <= end."""
        with self._desk() as transaction:
            return order_queries.search_fills(
                transaction.db, accounts, exchanges, pairs, order_ids, sides, start, end, limit
            )

    # Perpetual exchanges. All raise NotPerpetual on a spot one, but positions(), which is empty there.

    def positions(self, account: str, exchange: str) -> list[Position]:
        with self._desk() as transaction:
            place = keys.connected(transaction, account, exchange)
            return [
                positions.record(
                    key,
                    holding,
                    place,
                    self._feed.mark(exchange, key[2], transaction.at),
                    transaction.leverage(account, exchange, key[2]),
                )
                for key, holding in transaction.positions.items()
                if key[:2] == (account, exchange)
            ]

    def funding_payments(
        self,
        *,
        accounts: Names = None,
        exchanges: Names = None,
        pairs: Names = None,
        start: int | None = None,
        end: int | None = None,
        limit: int | None = None,
    ) -> list[FundingPayment]:
        """Newest first, start <= at <= end."""
        with self._desk() as transaction:
            return order_queries.search_funding(transaction.db, accounts, exchanges, pairs, start, end, limit)

    def leverage(self, account: str, exchange: str, pair: str) -> int:
        """1 until it is set. Raises UnknownPair."""
        with self._desk() as transaction:
            keys.known_pair(keys.connected_perpetual(transaction, account, exchange), pair)
            return transaction.leverage(account, exchange, pair)

    def set_leverage(self, account: str, exchange: str, pair: str, leverage: int) -> None:
        """Open positions and orders of the pair get their margin anew.

        Raises UnknownPair, BadValue (not from 1 to the exchange's maximum), ExchangeRefused (the balance doesn't hold
        the margin, or a position would be liquidated at once); nothing is changed then.
        """
        with self._desk() as transaction:
            place = keys.connected_perpetual(transaction, account, exchange)
            keys.known_pair(place, pair)
            if not 1 <= leverage <= place.max_leverage:
                raise BadValue("leverage", leverage, f"a whole number from 1 to {place.max_leverage}")
            perpetuals.set_leverage(transaction, account, place, pair, leverage)

    def position_mode(self, account: str, exchange: str) -> PositionMode:
        """ONEWAY until it is set."""
        with self._desk() as transaction:
            keys.connected_perpetual(transaction, account, exchange)
            return "HEDGE" if transaction.hedged(account, exchange) else "ONEWAY"

    def set_position_mode(self, account: str, exchange: str, mode: PositionMode) -> bool:
        """Whether the mode is `mode` now: False, and nothing changed, while there are positions or orders.

        Raises BadValue.
        """
        with self._desk() as transaction:
            keys.connected_perpetual(transaction, account, exchange)
            if mode not in ("ONEWAY", "HEDGE"):
                raise BadValue("position mode", mode, "'HEDGE' or 'ONEWAY'")
            return perpetuals.set_position_mode(transaction, account, exchange, mode)

    def _as_told(
        self, transaction: Transaction, account: str, place: Exchange, wallets: list[Snapshot]
    ) -> list[Snapshot]:
        if not place.reports_equity:
            return wallets
        return equity.with_profit(transaction.db, self._feed, account, place, wallets)

    @contextmanager
    def _desk(self) -> Iterator[Transaction]:
        """One transaction, the world brought to now in it."""
        with localcontext(EXACT), self._store.transaction():
            since = int(self._store.fact("now") or 0)
            now = max(self.clock.now(), since)
            transaction = Transaction(self._store.db, self._feed, EXCHANGES, now)
            if now > since:
                advance(transaction, since, now)
                self._store.keep("now", str(now))
            yield transaction
            transaction.write()

    def _begin(self, seed: int) -> None:
        """A new world."""
        now = self.clock.now()
        self._store.keep("seed", str(seed))
        self._store.keep("deposited", deposited(self._start))
        self._store.keep("now", str(now))
        with localcontext(EXACT):
            transaction = Transaction(self._store.db, self._feed, EXCHANGES, now)
            keys.begin(transaction, self._start)
            transaction.write()


def _feed(market: Market) -> Feed:
    def books(exchange: str, pair: str, at: int, depth: int) -> Book:
        return Book.snapshot(market, exchange, pair, at, depth)

    return Feed(market, books, DEPTH, STEP)
