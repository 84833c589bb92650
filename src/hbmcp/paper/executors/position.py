"""position_executor: opens a position, and closes it at the first of its barriers."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hbmcp.paper.errors import BadValue
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.executors.barriers import Barriers
from hbmcp.paper.executors.base import MAX_RETRIES, Executor, kind_of, side_of
from hbmcp.paper.executors.config import OrderType, PositionExecutorConfig, TripleBarrierConfig
from hbmcp.paper.executors.record import ZERO, Leg
from hbmcp.paper.executors.trader import Touch, Trader, Wake

ENTRY = "entry_price"  # in a record's memory: the price when it began, if the configuration has none


class PositionExecutor(Executor[PositionExecutorConfig]):
    @property
    def side(self) -> Side:
        return side_of(self.config.side)

    @property
    def _told(self) -> TripleBarrierConfig:
        return self.config.triple_barrier_config

    @property
    def _barriers(self) -> Barriers:
        told = self._told
        at_market = told.take_profit_order_type is OrderType.MARKET
        return Barriers(told.stop_loss, told.take_profit if at_market else None, told.trailing_stop, told.time_limit)

    def check(self) -> None:
        check_barriers(self._told)
        check_bounds(self.config.activation_bounds)

    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        return self.config.amount, self.entry(trader)

    def entry(self, trader: Trader) -> Decimal:
        if self.config.entry_price is not None:
            return self.config.entry_price
        kept: str = self.record.memory.setdefault(ENTRY, str(trader.way_out(self.side)))
        return Decimal(kept)

    def control(self, trader: Trader) -> None:
        if self.tired(trader):
            return
        why = self._barriers.reached(self, trader)
        if why is None and self._taken(trader):
            why = "TAKE_PROFIT"
        if why is not None:
            self.close(trader, why)
            return
        self._open(trader)
        self._take_profit(trader)

    def watches(self, trader: Trader) -> Iterator[Wake]:
        yield from self._barriers.watches(self, trader)
        if not self.record.legs and self.config.activation_bounds:
            near, above = self._bounds(trader)
            yield Touch(near, upward=not above)

    def custom_info(self, trader: Trader) -> dict[str, Any]:
        opening = [leg for leg in self.record.legs if leg.purpose == "open"]
        return {
            "level_id": self.config.level_id,
            "current_position_average_price": float(self.opened.average or self.entry(trader)),
            "side": self.side,
            "current_retries": self.record.retries,
            "max_retries": MAX_RETRIES,
            "close_price": float(self.closed.average or trader.way_out(self.side)),
            "open_order_last_update": opening[-1].updated / 1000 if opening else None,
            "order_ids": [leg.order_id for leg in self.record.legs],
            "held_position_orders": self.held_orders(trader),
        }

    def _open(self, trader: Trader) -> None:
        missing = self.missing(trader, self.config.amount)
        at_market = self._told.open_order_type is OrderType.MARKET
        if not missing or self._rests("open") or (at_market and self.opened.base):
            return
        if self.closed.base or not self._within_bounds(trader):
            return
        self.place(trader, "open", self.side, missing, kind_of(self._told.open_order_type), self.entry(trader))

    def _take_profit(self, trader: Trader) -> None:
        """Keeps an order of the right size resting at the take profit's price, if that is how it is to be taken."""
        told, opened = self._told, self.opened
        if told.take_profit is None or told.take_profit_order_type is OrderType.MARKET or not opened.average:
            return
        open_now = trader.amount(abs(self.net))
        resting = self._rests("close")
        if resting and resting.amount - resting.base == open_now:
            return
        if resting:
            trader.cancel(resting)
            open_now = trader.amount(abs(self.net))
        if open_now:
            sign = 1 if self.side == "BUY" else -1
            price = opened.average * (1 + sign * told.take_profit)
            crossed = (trader.way_out(self.side) - price) * sign >= 0
            kind = "MARKET" if crossed else kind_of(told.take_profit_order_type)
            self.place(trader, "close", self.back, open_now, kind, price)

    def _taken(self, trader: Trader) -> bool:
        """Whether the resting order has closed it all."""
        return bool(self.closed.base) and not trader.amount(abs(self.net)) and not self._rests("open")

    def _rests(self, purpose: str) -> Leg | None:
        return next((leg for leg in self.record.legs if leg.rests and leg.purpose == purpose), None)

    def _bounds(self, trader: Trader) -> tuple[Decimal, bool]:
        """(the middle price within which it opens, whether it opens below it)."""
        bounds = self.config.activation_bounds or [ZERO]
        entry = self.entry(trader)
        return (entry * (1 + bounds[0]), True) if self.side == "BUY" else (entry * (1 - bounds[-1]), False)

    def _within_bounds(self, trader: Trader) -> bool:
        if not self.config.activation_bounds:
            return True
        edge, below = self._bounds(trader)
        return trader.mid <= edge if below else trader.mid >= edge


def check_bounds(bounds: list[Decimal] | None) -> None:
    if bounds and not all(0 <= bound < 1 for bound in bounds):
        raise BadValue("activation_bounds", [str(bound) for bound in bounds], "shares from 0 to 1")


def check_barriers(told: TripleBarrierConfig) -> None:
    for field in ("stop_loss_order_type", "time_limit_order_type"):
        kind = getattr(told, field)
        if kind is not OrderType.MARKET:
            raise BadValue(field, kind.name, "MARKET (1): a position that has to be closed can't wait")
    for field in ("open_order_type", "take_profit_order_type"):
        kind = getattr(told, field)
        if kind not in (OrderType.MARKET, OrderType.LIMIT, OrderType.LIMIT_MAKER):
            raise BadValue(field, kind.name, "MARKET (1), LIMIT (2) or LIMIT_MAKER (3)")
