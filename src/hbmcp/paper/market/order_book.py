"""The order book of a pair: what is offered around the market's price, a function of the market's seed and of time.

Like the price it changes on the market's grid (every 1.875 s): levels near the mid each time, deeper ones less often.
Prices are multiples of the pair's tick, amounts of its lot. Bids lie below the mid and asks above it, so no book is
crossed. Distances between levels grow by 3 % from one to the next, and so does, on average, what rests there.
"""

from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from typing import Final, Literal, NamedTuple, Self, TypeAlias

from attrs import frozen

from hbmcp.paper.market.listings import COINS, EXCHANGES, Pair
from hbmcp.paper.market.market import Market, grid_time
from hbmcp.paper.market.random_path import STEP, draw, key

Side: TypeAlias = Literal["BUY", "SELL"]

DEPTH: Final = 100
"""Levels on each side, as far as prices above zero go."""

_GROWTH: Final = [1.0]
for _ in range(DEPTH):
    _GROWTH.append(_GROWTH[-1] * 1.03)
_FRONT: Final = 4  # seconds of an average day's turnover that rest on the first level
_CALM: Final = 12  # so many levels further down, the book changes half as often
_EXACT: Final = Context(prec=50)  # amounts by value aren't multiples of the lot


class Level(NamedTuple):
    price: Decimal
    amount: Decimal


@frozen
class Walk:
    """What an order would take: parts of levels, best price first, with their sums in base and in quote units.

    `complete`: the book held all that was asked for.
    """

    fills: tuple[Level, ...]
    amount: Decimal
    quote: Decimal
    complete: bool

    @property
    def price(self) -> Decimal | None:
        """The worst price taken; None where nothing was."""
        return self.fills[-1].price if self.fills else None

    @property
    def average(self) -> Decimal | None:
        """The price weighted by volume, to 28 digits; None where nothing was taken."""
        return Context(prec=28).divide(self.quote, self.amount) if self.fills else None


@frozen
class Book:
    """Levels, best first. `at` is when the book became what it is, in milliseconds.

    Every query is a walk from the best price on, limited by amount, by value or by price. `side` is the order's:
    BUY takes asks.
    """

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at: int

    @classmethod
    def snapshot(cls, market: Market, exchange: str, pair: str, at: int, depth: int = DEPTH) -> Self:
        """At a time, in milliseconds: the first `depth` levels of each side. UnknownExchange, UnknownPair."""
        at = grid_time(at)
        mid = market.price(exchange, pair, at)
        rules = EXCHANGES[exchange].pairs[pair]
        bids, asks = (
            tuple(_levels(market.seed, exchange, rules, mid, at, direction, min(depth, DEPTH))) for direction in (-1, 1)
        )
        return cls(bids, asks, at)

    def walk(self, side: Side, amount: Decimal) -> Walk:
        """An order of this amount, in base units."""
        return self._walk(side, amount=amount)

    def price_for_volume(self, side: Side, volume: Decimal) -> Walk:
        """Its `price` is how far an order of this size goes: to the last level, if the walk isn't complete."""
        return self._walk(side, amount=volume)

    def vwap_for_volume(self, side: Side, volume: Decimal) -> Walk:
        """Its `average` is what an order of this size pays for each unit."""
        return self._walk(side, amount=volume)

    def price_for_quote_volume(self, side: Side, quote: Decimal) -> Walk:
        """Its `price` is how far an order of this value goes. The last fill needn't be a multiple of the lot."""
        return self._walk(side, quote=quote)

    def volume_for_price(self, side: Side, price: Decimal) -> Walk:
        """Its `amount` is what is offered at this price or a better one. Not complete: the book may end before it."""
        return self._walk(side, price=price)

    def quote_volume_for_price(self, side: Side, price: Decimal) -> Walk:
        """Its `quote` is the value of what is offered at this price or a better one; `complete` as above."""
        return self._walk(side, price=price)

    def _walk(
        self, side: Side, *, amount: Decimal | None = None, quote: Decimal | None = None, price: Decimal | None = None
    ) -> Walk:
        fills: list[Level] = []
        total = value = Decimal(0)
        complete = False
        with localcontext(_EXACT):
            for level in self.asks if side == "BUY" else self.bids:
                if price is not None:
                    complete = level.price > price if side == "BUY" else level.price < price
                    taken, spent = (Decimal(0), Decimal(0)) if complete else (level.amount, level.amount * level.price)
                elif quote is not None:
                    spent = min(level.amount * level.price, max(quote - value, Decimal(0)))
                    complete = value + spent >= quote
                    taken = level.amount if spent == level.amount * level.price else spent / level.price
                else:
                    assert amount is not None
                    taken = min(level.amount, max(amount - total, Decimal(0)))
                    complete = total + taken >= amount
                    spent = taken * level.price
                if taken:
                    fills.append(Level(level.price, taken))
                    total += taken
                    value += spent
                if complete:
                    break
        return Walk(tuple(fills), total, value, complete)


@lru_cache
def _front(exchange: str, pair: Pair) -> float:
    """Lots times ticks that rest on the first level, on average."""
    turnover = COINS[pair.base].turnover * EXCHANGES[exchange].share
    return turnover / 86_400 * _FRONT / float(pair.lot * pair.tick)


@lru_cache
def _key(seed: int, exchange: str, pair: str, direction: int) -> int:
    return key(seed, exchange, pair, "book", direction)


def _levels(seed: int, exchange: str, pair: Pair, mid: Decimal, at: int, direction: int, depth: int) -> Iterator[Level]:
    """Downwards (direction -1) or upwards (1) from the mid."""
    start, front = _key(seed, exchange, pair.name, direction), _front(exchange, pair)
    ticks = int(mid / pair.tick)
    unit = ticks * float(EXCHANGES[exchange].spread)
    smallest = int(pair.min_size / pair.lot)
    step = at // STEP
    price = ticks
    for level in range(depth):
        bits = draw(start, ((step + 5 * level) >> level // _CALM) * 128 + level)
        near, much = (bits & 0xFFFF) * 2.0**-16, (bits >> 16 & 0xFFFF) * 2.0**-16
        price += direction * max(1, int(unit * _GROWTH[level] * (0.6 + 0.8 * near)))
        if price < 1:
            return
        lots = max(smallest, int(front * _GROWTH[level] * (0.3 + 1.4 * much) / price))
        yield Level(price * pair.tick, lots * pair.lot)
