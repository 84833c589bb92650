"""What closes a position by itself: a stop loss, a trailing stop, a take profit, a time limit.

Gains and losses are shares of what was opened, fees included, at the price at which the position could be closed.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.paper.executors.base import Executor
from hbmcp.paper.executors.config import TrailingStop
from hbmcp.paper.executors.record import CloseType
from hbmcp.paper.executors.trader import At, Retreat, Touch, Trader, Wake, retreat
from hbmcp.paper.market.listings import HOUR

FURTHEST = "trailing_furthest"  # in a record's memory: the best middle price since the trailing stop follows


@frozen
class Barriers:
    """`take_profit` is None where a resting order takes it. `time_limit` in seconds since the executor was made."""

    stop_loss: Decimal | None
    take_profit: Decimal | None
    trailing: TrailingStop | None
    time_limit: int | None

    def reached(self, executor: Executor[Any], trader: Trader) -> CloseType | None:
        """Which of them says that it is time to close. Moves the trailing stop along."""
        if executor.opened.base > executor.closed.base:
            share = executor.figures(trader).share
            if self.stop_loss is not None and share <= -self.stop_loss:
                return "STOP_LOSS"
            if self._retreated(executor, trader, share):
                return "TRAILING_STOP"
            if self.take_profit is not None and share >= self.take_profit:
                return "TAKE_PROFIT"
        deadline = self._deadline(executor)
        return "TIME_LIMIT" if deadline is not None and trader.now >= deadline else None

    def watches(self, executor: Executor[Any], trader: Trader) -> Iterator[Wake]:
        deadline = self._deadline(executor)
        if deadline is not None:
            yield At(deadline)
        if executor.opened.base > executor.closed.base:
            upward = executor.side == "BUY"
            if self.stop_loss is not None:
                yield _near(executor, trader, -self.stop_loss, upward=not upward)
            if self.take_profit is not None:
                yield _near(executor, trader, self.take_profit, upward=upward)
            if self.trailing is not None:
                trail = self._trail(executor)
                if trail:
                    yield At(trader.now + HOUR)  # to keep how far it has come
                yield trail or _near(executor, trader, self.trailing.activation_price, upward=upward)

    def _retreated(self, executor: Executor[Any], trader: Trader, share: Decimal) -> bool:
        if self.trailing is None:
            return False
        trail = self._trail(executor)
        if trail is None:
            if share >= self.trailing.activation_price:
                executor.record.memory[FURTHEST] = str(trader.mid)
            return False
        found, furthest = retreat(trader, executor.record.seen + 1, trader.now + 1, trail)
        executor.record.memory[FURTHEST] = str(furthest)
        return found is not None

    def _trail(self, executor: Executor[Any]) -> Retreat | None:
        kept = executor.record.memory.get(FURTHEST)
        if kept is None or self.trailing is None:
            return None
        opened = executor.opened
        distance = self.trailing.trailing_delta * opened.quote / opened.base
        return Retreat(Decimal(kept), distance, executor.side == "BUY")

    def _deadline(self, executor: Executor[Any]) -> int | None:
        return None if self.time_limit is None else executor.record.created + self.time_limit * 1000


def _near(executor: Executor[Any], trader: Trader, share: Decimal, *, upward: bool) -> Touch:
    """From where on the profit may be this share of what was opened. A bid is near the middle, at no fixed distance."""
    opened, closed = executor.opened, executor.closed
    sign = 1 if executor.side == "BUY" else -1
    profit = share * opened.quote + opened.fee + closed.fee
    way_out = (sign * profit + opened.quote - closed.quote) / (opened.base - closed.base)
    tick, spread = trader.pair.tick, 2 * trader.exchange.spread
    if upward:
        return Touch(way_out - tick if sign > 0 else way_out * (1 - spread) - tick, upward)
    return Touch(way_out * (1 + spread) + tick if sign > 0 else way_out + tick, upward)
