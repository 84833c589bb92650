"""A market whose prices follow a script, for tests that have to know what happens when."""

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal

from hbmcp.paper.market.market import INTERVALS, Candles, Market
from hbmcp.paper.market.order_book import Book, Level
from hbmcp.paper.market.random_path import STEP

EIGHT_HOURS = 28_800_000
BEGIN = 1_795_363_200_000  # 2026-11-22 16:00 UTC: a time of funding, and later than NOW of a PaperApi
AMOUNTS = (Decimal(1), Decimal(2), Decimal(4))
RATE = Decimal("0.0001")
CENT = Decimal("0.01")


class ScriptedMarket(Market):
    """`script`: seconds since BEGIN -> the price from then on, of whatever pair on whatever exchange.

    Prices change at multiples of `grid`, in milliseconds. `book` has three levels on each side, 1, 2 and 3 away from
    the price, of these amounts. The funding rate is `rate` in the first interval, twice that in the second, and so on.
    """

    def __init__(
        self,
        script: Mapping[int, Decimal | int],
        *,
        grid: int = STEP,
        amounts: tuple[Decimal, ...] = AMOUNTS,
        rate: Decimal = RATE,
        seed: int = 0,
    ) -> None:
        super().__init__(seed)
        self.grid, self.amounts, self.rate = grid, amounts, rate
        self._times = [BEGIN + second * 1000 // grid * grid for second in script]
        self._prices = [Decimal(price) for price in script.values()]

    def then(self, at: int, price: Decimal | int) -> None:
        """From that time on, in epoch milliseconds, the price is this one."""
        self._times.append(at // self.grid * self.grid)
        self._prices.append(Decimal(price))

    def price(self, exchange: str, pair: str, at: int) -> Decimal:  # noqa: ARG002
        return self._prices[max(0, bisect_right(self._times, at) - 1)]

    def extremes(self, exchange: str, pair: str, start: int, end: int) -> tuple[Decimal, Decimal]:
        prices = [self.price(exchange, pair, time) for time in self._changes(start, end)]
        return min(prices), max(prices)

    def first_touch(self, exchange: str, pair: str, start: int, end: int, level: Decimal, upward: bool) -> int | None:
        for time in self._changes(start, end) if start < end else ():
            price = self.price(exchange, pair, time)
            if price >= level if upward else price <= level:
                return time
        return None

    def candles(self, exchange: str, pair: str, interval: str, start: int, end: int) -> Candles:
        length = INTERVALS[interval]
        begins = range(-(-start // length) * length, end, length)
        ends = [min(at + length, end) for at in begins]
        found = [
            (
                self.price(exchange, pair, at),
                *self.extremes(exchange, pair, at, to)[::-1],
                self.price(exchange, pair, to - 1),
            )
            for at, to in zip(begins, ends, strict=True)
        ]
        columns = [[int(value / CENT) for value in column] for column in zip(*found, strict=True)] or [[]] * 4
        return Candles(begins, CENT, Decimal(1), [*columns, [1] * len(begins)])

    def _changes(self, start: int, end: int) -> list[int]:
        return [start, *(time for time in self._times if start < time < end)]

    def funding_rate(self, exchange: str, pair: str, at: int) -> Decimal:  # noqa: ARG002
        return self.rate * (1 + (at - BEGIN) // EIGHT_HOURS)

    def book(self, exchange: str, pair: str, at: int, depth: int) -> Book:
        mid = self.price(exchange, pair, at)
        away = list(enumerate(self.amounts[:depth], 1))
        bids, asks = (tuple(Level(mid + way * n, amount) for n, amount in away) for way in (-1, 1))
        return Book(bids, asks, at)
