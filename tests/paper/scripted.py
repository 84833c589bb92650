"""A market whose every price follows a script, for tests that have to know what happens when."""

from decimal import Decimal

from hbmcp.paper.market.market import Market
from hbmcp.paper.market.random_path import STEP

START = 1_795_337_040_000 // STEP * STEP


class Scripted(Market):
    """`script`: seconds since START -> the price from then on, of whatever pair on whatever exchange."""

    def __init__(self, script: dict[int, int]) -> None:
        super().__init__()
        self.script = {START + second * 1000 // STEP * STEP: Decimal(price) for second, price in script.items()}

    def price(self, exchange: str, pair: str, at: int) -> Decimal:  # noqa: ARG002
        return self.script[max((time for time in self.script if time <= at), default=min(self.script))]

    def extremes(self, exchange: str, pair: str, start: int, end: int) -> tuple[Decimal, Decimal]:
        prices = [self.price(exchange, pair, time) for time in self._times(start, end)]
        return min(prices), max(prices)

    def first_touch(self, exchange: str, pair: str, start: int, end: int, level: Decimal, upward: bool) -> int | None:
        for time in self._times(start, end) if start < end else ():
            price = self.price(exchange, pair, time)
            if price >= level if upward else price <= level:
                return time
        return None

    def _times(self, start: int, end: int) -> list[int]:
        return [start, *sorted(time for time in self.script if start < time < end)]
