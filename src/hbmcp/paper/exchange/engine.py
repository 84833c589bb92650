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
from hbmcp.paper.exchange.transaction import Desk
from hbmcp.paper.market.clock import Clock
from hbmcp.paper.market.feed import Feed
from hbmcp.paper.market.listings import EXCHANGES, START_BALANCES, Exchange
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
        with self._desk() as desk:
            return desk.at

    # Accounts. Deleting or disconnecting takes away the keys, not what is on the exchange: see accounts.py.

    def accounts(self) -> list[str]:
        """Oldest first."""
        with self._desk() as desk:
            return keys.names(desk)

    def add_account(self, name: str) -> None:
        """Raises BadName, AccountExists."""
        with self._desk() as desk:
            keys.add(desk, name)

    def delete_account(self, name: str) -> None:
        """Raises UnknownAccount, MasterAccount."""
        with self._desk() as desk:
            keys.delete(desk, name)

    def connectors(self, account: str) -> list[str]:
        """The exchanges it has credentials for, oldest first. Raises UnknownAccount."""
        with self._desk() as desk:
            return keys.connections(desk, account)

    def connect(self, account: str, exchange: str) -> None:
        """The first time, the starting balances are deposited: the account's own, or else the first account's.

        Raises UnknownAccount, UnknownExchange.
        """
        with self._desk() as desk:
            keys.connect(desk, account, exchange, self._start)

    def disconnect(self, account: str, exchange: str) -> None:
        """No error if it wasn't connected. Raises UnknownAccount, UnknownExchange."""
        with self._desk() as desk:
            keys.disconnect(desk, account, exchange)

    def deposit(self, account: str, exchange: str, token: str, amount: Decimal) -> None:
        """Adds to a balance. Raises BadValue, and as everything below UnknownAccount, UnknownExchange, NotConnected."""
        with self._desk() as desk:
            keys.connected(desk, account, exchange)
            keys.deposit(desk, account, exchange, token, amount)

    # Everything below raises UnknownAccount, UnknownExchange and NotConnected for what it names in the singular.

    def balances(self, account: str, exchange: str) -> dict[str, Balance]:
        """By token; also those that are 0 by now."""
        with self._desk() as desk:
            keys.connected(desk, account, exchange)
            return balances.balances(desk.db, account, exchange)

    def reported(self, account: str, exchange: str) -> dict[str, Balance]:
        """The balances as the exchange tells them: with unrealized P&L where it reports equity."""
        with self._desk() as desk:
            place = keys.connected(desk, account, exchange)
            wallet = balances.balances(desk.db, account, exchange)
            return self._as_told(desk, account, place, [Snapshot(desk.at, wallet)])[0].balances

    def reported_history(self, account: str, exchange: str, start: int, end: int, step: int) -> list[Snapshot]:
        """As history(), of what the exchange told then."""
        wallets = self.history(account, exchange, start, end, step)
        with self._desk() as desk:
            return self._as_told(desk, account, EXCHANGES[exchange], wallets)

    def history(self, account: str, exchange: str, start: int, end: int, step: int) -> list[Snapshot]:
        """Balances at start, start + step, … up to `end` or now, oldest first, none from before the first deposit.

        Raises BadValue for a step that isn't above 0.
        """
        with self._desk() as desk:
            keys.connected(desk, account, exchange)
            if step <= 0:
                raise BadValue("step", step, "more than 0 milliseconds")
            return balances.history(desk.db, account, exchange, start, min(end, desk.at), step)

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
        with self._desk() as desk:
            place = keys.connected(desk, account, exchange)
            rule = keys.known_pair(place, pair)
            ticket = order_rules.checked(account, place, rule, side, amount, type, price, action, self._feed, desk.at)
            return matching.execute(desk, ticket).record()

    def cancel(self, account: str, exchange: str, order_id: str) -> Order:
        """Raises UnknownOrder if it doesn't rest (any more), or isn't of this account and exchange."""
        with self._desk() as desk:
            keys.connected(desk, account, exchange)
            ticket = orders.get(desk.db, order_id)
            if not ticket.rests or (ticket.account, ticket.exchange) != (account, exchange):
                raise UnknownOrder(order_id)
            desk.end(ticket, "CANCELLED")
            return ticket.record()

    def order(self, order_id: str) -> Order:
        """Raises UnknownOrder."""
        with self._desk() as desk:
            return orders.get(desk.db, order_id).record()

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
        with self._desk() as desk:
            return order_queries.search(desk.db, accounts, exchanges, pairs, statuses, start, end, limit)

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
        with self._desk() as desk:
            return order_queries.search_fills(desk.db, accounts, exchanges, pairs, order_ids, sides, start, end, limit)

    # Perpetual exchanges. All raise NotPerpetual on a spot one, but positions(), which is empty there.

    def positions(self, account: str, exchange: str) -> list[Position]:
        with self._desk() as desk:
            place = keys.connected(desk, account, exchange)
            return [
                positions.record(
                    key,
                    holding,
                    place,
                    self._feed.mark(exchange, key[2], desk.at),
                    desk.leverage(account, exchange, key[2]),
                )
                for key, holding in desk.positions.items()
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
        with self._desk() as desk:
            return order_queries.search_funding(desk.db, accounts, exchanges, pairs, start, end, limit)

    def leverage(self, account: str, exchange: str, pair: str) -> int:
        """1 until it is set. Raises UnknownPair."""
        with self._desk() as desk:
            keys.known_pair(keys.connected_perpetual(desk, account, exchange), pair)
            return desk.leverage(account, exchange, pair)

    def set_leverage(self, account: str, exchange: str, pair: str, leverage: int) -> None:
        """Open positions and orders of the pair get their margin anew.

        Raises UnknownPair, BadValue (not from 1 to the exchange's maximum), ExchangeRefused (the balance doesn't hold
        the margin, or a position would be liquidated at once); nothing is changed then.
        """
        with self._desk() as desk:
            place = keys.connected_perpetual(desk, account, exchange)
            keys.known_pair(place, pair)
            if not 1 <= leverage <= place.max_leverage:
                raise BadValue("leverage", leverage, f"a whole number from 1 to {place.max_leverage}")
            perpetuals.set_leverage(desk, account, place, pair, leverage)

    def position_mode(self, account: str, exchange: str) -> PositionMode:
        """ONEWAY until it is set."""
        with self._desk() as desk:
            keys.connected_perpetual(desk, account, exchange)
            return "HEDGE" if desk.hedged(account, exchange) else "ONEWAY"

    def set_position_mode(self, account: str, exchange: str, mode: PositionMode) -> bool:
        """Whether the mode is `mode` now: False, and nothing changed, while there are positions or orders.

        Raises BadValue.
        """
        with self._desk() as desk:
            keys.connected_perpetual(desk, account, exchange)
            if mode not in ("ONEWAY", "HEDGE"):
                raise BadValue("position mode", mode, "'HEDGE' or 'ONEWAY'")
            return perpetuals.set_position_mode(desk, account, exchange, mode)

    def _as_told(self, desk: Desk, account: str, place: Exchange, wallets: list[Snapshot]) -> list[Snapshot]:
        if not place.reports_equity:
            return wallets
        return equity.with_profit(desk.db, self._feed, account, place, wallets)

    @contextmanager
    def _desk(self) -> Iterator[Desk]:
        """One transaction, the world brought to now in it."""
        with localcontext(EXACT), self._store.transaction():
            since = int(self._store.fact("now") or 0)
            now = max(self.clock.now(), since)
            desk = Desk(self._store.db, self._feed, EXCHANGES, now)
            if now > since:
                advance(desk, since, now)
                self._store.keep("now", str(now))
            yield desk
            desk.write()

    def _begin(self, seed: int) -> None:
        """A new world."""
        now = self.clock.now()
        self._store.keep("seed", str(seed))
        self._store.keep("now", str(now))
        with localcontext(EXACT):
            desk = Desk(self._store.db, self._feed, EXCHANGES, now)
            keys.begin(desk, self._start)
            desk.write()


def _feed(market: Market) -> Feed:
    def books(exchange: str, pair: str, at: int, depth: int) -> Book:
        return Book.snapshot(market, exchange, pair, at, depth)

    return Feed(market, books, DEPTH, STEP)
