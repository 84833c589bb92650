"""dca_executor: a position built at several prices, and closed as a whole by its barriers."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hbmcp.paper.errors import BadValue
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.executors.barriers import Barriers
from hbmcp.paper.executors.base import MAX_RETRIES, Executor, side_of
from hbmcp.paper.executors.config import DCAExecutorConfig, DCAMode
from hbmcp.paper.executors.position import check_bounds
from hbmcp.paper.executors.record import ZERO
from hbmcp.paper.executors.trader import Touch, Trader, Wake


class DCAExecutor(Executor[DCAExecutorConfig]):
    @property
    def side(self) -> Side:
        return side_of(self.config.side)

    @property
    def _barriers(self) -> Barriers:
        told = self.config
        stop_loss = told.stop_loss if told.mode is DCAMode.TAKER or self._all_filled else None
        return Barriers(stop_loss, told.take_profit, told.trailing_stop, told.time_limit)

    def check(self) -> None:
        amounts, prices = self.config.amounts_quote, self.config.prices
        if not amounts or len(amounts) != len(prices):
            raise BadValue("amounts_quote", [str(a) for a in amounts], f"one for each of the {len(prices)} prices")
        check_bounds(self.config.activation_bounds)
        if any(value <= 0 for value in (*amounts, *prices)):
            raise BadValue("amounts_quote and prices", "0 or less", "above 0")

    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        amount = sum((self._amount(trader, level) for level in range(len(self.config.prices))), ZERO)
        return amount, sum(self.config.amounts_quote) / amount if amount else ZERO

    def control(self, trader: Trader) -> None:
        if self.tired(trader):
            return
        why = self._barriers.reached(self, trader)
        if why is not None:
            self.close(trader, why)
            return
        for level in self._waiting:
            price = self.config.prices[level]
            if self.config.mode is DCAMode.MAKER:
                if self._near(trader, price):
                    self.place(trader, "open", self.side, self._amount(trader, level), "LIMIT", price, level=level)
            elif self._reached(trader, price):
                self.place(trader, "open", self.side, self._amount(trader, level), "MARKET", level=level)

    def watches(self, trader: Trader) -> Iterator[Wake]:
        yield from self._barriers.watches(self, trader)
        bounds = self.config.activation_bounds
        for level in self._waiting:
            price = self.config.prices[level]
            if self.config.mode is DCAMode.TAKER:
                sign = 1 if self.side == "BUY" else -1
                yield Touch(price / (1 + sign * trader.exchange.spread), upward=self.side == "SELL")
            elif bounds:
                upward = trader.mid < price
                yield Touch(price * (1 - bounds[0] if upward else 1 + bounds[0]), upward)

    def custom_info(self, trader: Trader) -> dict[str, Any]:
        opened, prices = self.opened, self.config.prices
        whole, price = self.needs(trader)
        return {
            "side": self.side,
            "level_id": self.config.level_id,
            "current_position_average_price": float(opened.average or 0),
            "target_position_average_price": float(price) if whole else 0.0,
            "max_amount_quote": float(sum(self.config.amounts_quote)),
            "min_price": float(min(prices)),
            "max_price": float(max(prices)),
            "current_retries": self.record.retries,
            "max_retries": MAX_RETRIES,
            "close_price": float(self.closed.average or trader.way_out(self.side)),
            "order_ids": [leg.order_id for leg in self.record.legs],
            "held_position_orders": self.held_orders(trader),
        }

    def _amount(self, trader: Trader, level: int) -> Decimal:
        return trader.amount(self.config.amounts_quote[level] / self.config.prices[level])

    @property
    def _waiting(self) -> list[int]:
        """The levels that no order rests at and none was filled at."""
        busy = {leg.level for leg in self.record.legs if leg.purpose == "open" and (leg.rests or leg.base)}
        return [level for level in range(len(self.config.prices)) if level not in busy]

    @property
    def _all_filled(self) -> bool:
        """What Hummingbot waits for with the stop of a MAKER."""
        return not self._waiting and not any(leg.rests for leg in self.record.legs if leg.purpose == "open")

    def _reached(self, trader: Trader, price: Decimal) -> bool:
        return trader.ask <= price if self.side == "BUY" else trader.bid >= price

    def _near(self, trader: Trader, price: Decimal) -> bool:
        bounds = self.config.activation_bounds
        return not bounds or abs(trader.mid / price - 1) <= bounds[0]
