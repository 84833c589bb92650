"""What one executor can do and see at one moment. It acts through the engine only, as anybody else."""

from collections.abc import Iterable
from contextlib import suppress
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from typing import NamedTuple

from attrs import frozen

from hbmcp.paper.errors import NotConnected, UnknownAccount, UnknownOrder
from hbmcp.paper.exchange.engine import Engine
from hbmcp.paper.exchange.records import RESTING, Action, Fill, OrderType, Side
from hbmcp.paper.executors.record import Leg, Purpose
from hbmcp.paper.market.listings import Exchange, Pair
from hbmcp.paper.market.market import Market, grid_time
from hbmcp.paper.market.order_book import Book
from hbmcp.paper.market.random_path import STEP


class At(NamedTuple):
    """Look again at this time."""

    time: int


class Touch(NamedTuple):
    """Look again when the middle price is at this level or beyond it."""

    level: Decimal
    upward: bool


class Retreat(NamedTuple):
    """Look again when the middle price has gone back by `distance` from the furthest that it has been since then."""

    furthest: Decimal
    distance: Decimal
    upward: bool  # which way is forward


Wake = At | Touch | Retreat


@frozen(slots=False)
class Trader:
    engine: Engine
    market: Market
    account: str
    exchange: Exchange
    pair: Pair
    now: int

    @cached_property
    def mid(self) -> Decimal:
        return self.market.price(self.exchange.name, self.pair.name, self.now)

    @cached_property
    def _book(self) -> Book:
        return Book.snapshot(self.market, self.exchange.name, self.pair.name, self.now, 1)

    @property
    def bid(self) -> Decimal:
        return self._book.bids[0].price

    @property
    def ask(self) -> Decimal:
        return self._book.asks[0].price

    def way_out(self, side: Side) -> Decimal:
        """The price at which a position of this side would be closed."""
        return self.bid if side == "BUY" else self.ask

    def way_in(self, side: Side) -> Decimal:
        """The price at which one would be opened."""
        return self.ask if side == "BUY" else self.bid

    def amount(self, wanted: Decimal) -> Decimal:
        """What of it can be traded: a multiple of the lot."""
        return wanted.quantize(self.pair.lot, ROUND_DOWN) if wanted > 0 else Decimal(0)

    def affords(self, side: Side, amount: Decimal, price: Decimal, leverage: int) -> bool:
        """Whether the balance holds what an order of this size would lock."""
        balances = self.engine.balances(self.account, self.exchange.name)
        token = self.pair.quote if self.exchange.perpetual or side == "BUY" else self.pair.base
        value = amount * price
        if self.exchange.perpetual:
            needed = value / leverage + value * self.exchange.taker_fee
        else:
            needed = value if side == "BUY" else amount
        return token in balances and balances[token].available >= needed

    def place(
        self,
        purpose: Purpose,
        side: Side,
        amount: Decimal,
        kind: OrderType,
        price: Decimal | None = None,
        *,
        level: int = 0,
        action: Action | None = None,
    ) -> tuple[Leg, str | None]:
        """The order, and why the exchange refused it, if it did. Raises PaperError for what isn't an order at all."""
        if action is None:
            action = "CLOSE" if purpose == "close" and self.exchange.perpetual else "OPEN"
        at = None if kind == "MARKET" else price
        order = self.engine.place(self.account, self.exchange.name, self.pair.name, side, amount, kind, at, action)
        leg = Leg(order.id, purpose, side, kind, order.amount, order.price, level, order.created)
        self.learn(leg)
        return leg, order.error

    def learn(self, leg: Leg) -> None:
        leg.learn(self.engine.order(leg.order_id), self.fills(leg))

    def learn_all(self, legs: Iterable[Leg]) -> None:
        """What became of orders that rested when they were last looked at."""
        waiting = list(legs)
        if not waiting:
            return
        resting = self.engine.orders(
            accounts=[self.account], exchanges=[self.exchange.name], pairs=[self.pair.name], statuses=RESTING
        )
        filled = {order.id: order.filled for order in resting}
        for leg in waiting:
            if filled.get(leg.order_id) != leg.base:
                self.learn(leg)

    def fills(self, leg: Leg) -> list[Fill]:
        """Oldest first."""
        return self.engine.fills(order_ids=[leg.order_id])[::-1]

    def cancel(self, leg: Leg) -> None:
        # Filled or cancelled in the meantime; or out of reach, because the account has lost its keys.
        with suppress(UnknownOrder, UnknownAccount, NotConnected):
            self.engine.cancel(self.account, self.exchange.name, leg.order_id)
        self.learn(leg)


def when(trader: Trader, wakes: Iterable[Wake], quiet: int, until: int) -> int | None:
    """The first time after the trader's now, and not after `until`, at which one of these comes true.

    Up to `quiet` it is known that none does.
    """
    first: int | None = None
    tick = grid_time(trader.now) + STEP  # until then no price changes
    for wake in wakes:
        start = trader.now + 1 if isinstance(wake, At) else tick
        if not isinstance(wake, Retreat):
            start = max(start, quiet + 1)
        found = _when(trader, wake, start, (until if first is None else first) + 1)
        if found is not None and (first is None or found < first):
            first = found
    return first


def _when(trader: Trader, wake: Wake, start: int, end: int) -> int | None:
    """start <= the time < end, or None."""
    if start >= end:
        return None
    match wake:
        case At(time):
            return time if start <= time < end else None
        case Touch(level, upward):
            return trader.market.first_touch(trader.exchange.name, trader.pair.name, start, end, level, upward)
        case Retreat():
            return retreat(trader, start, end, wake)[0]


def retreat(trader: Trader, start: int, end: int, wake: Retreat) -> tuple[int | None, Decimal]:
    """(the first time when the price is that far behind the furthest so far, or None; the furthest until then).

    Halves the stretch, and leaves out each part whose extremes show that it can't hold such a time.
    """
    low, high = trader.market.extremes(trader.exchange.name, trader.pair.name, start, end)
    furthest = max(wake.furthest, high) if wake.upward else min(wake.furthest, low)
    if (furthest - low if wake.upward else high - furthest) < wake.distance:
        return None, furthest
    if low == high:
        return start, furthest
    middle = (start + end) // 2
    found, furthest = retreat(trader, start, middle, wake)
    if found is None:
        found, furthest = retreat(trader, middle, end, wake._replace(furthest=furthest))
    return found, furthest
