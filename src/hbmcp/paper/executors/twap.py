"""twap_executor: a large order in equal slices, one every so many seconds."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hbmcp.paper.errors import BadValue
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.executors.base import MAX_RETRIES, Executor, side_of
from hbmcp.paper.executors.config import TWAPExecutorConfig, TWAPMode
from hbmcp.paper.executors.record import ZERO, Leg
from hbmcp.paper.executors.trader import At, Trader, Wake

MAX_SLICES = 1000


class TWAPExecutor(Executor[TWAPExecutorConfig]):
    @property
    def side(self) -> Side:
        return side_of(self.config.side)

    @property
    def slices(self) -> int:
        """One at once, and one at the end of each interval."""
        return self.config.total_duration // self.config.order_interval + 1

    @property
    def _makes(self) -> bool:
        return self.config.mode is TWAPMode.MAKER

    def check(self) -> None:
        config = self.config
        if config.order_interval <= 0:
            raise BadValue("order_interval", config.order_interval, "above 0 seconds")
        if config.total_duration < config.order_interval:
            raise BadValue("total_duration", config.total_duration, "at least order_interval")
        if self.slices > MAX_SLICES:
            raise BadValue("order_interval", config.order_interval, f"long enough for no more than {MAX_SLICES} orders")
        if self._makes and config.limit_order_buffer is None:
            raise BadValue("limit_order_buffer", None, "given for the mode MAKER")
        if config.order_resubmission_time is not None and config.order_resubmission_time <= 0:
            raise BadValue("order_resubmission_time", config.order_resubmission_time, "above 0 seconds")
        if config.total_amount_quote <= 0:
            raise BadValue("total_amount_quote", config.total_amount_quote, "above 0")

    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        price = trader.way_in(self.side)
        return self.config.total_amount_quote / price, price

    def control(self, trader: Trader) -> None:
        if self.tired(trader):
            return
        resubmission = self.config.order_resubmission_time
        for number in range(self.slices):
            resting = self._resting(number)
            if trader.now < self._due(number):
                break
            if resting and resubmission and trader.now >= resting.created + resubmission * 1000:
                trader.cancel(resting)
                resting = None if not resting.rests else resting
            if resting is None and self._missing(trader, number):
                self._place(trader, number)
        else:
            if not any(leg.rests for leg in self.record.legs) and not any(
                self._missing(trader, number) for number in range(self.slices)
            ):
                self.record.keep = False
                self.record.close_type = "COMPLETED"
                self.terminate(trader)

    def watches(self, trader: Trader) -> Iterator[Wake]:
        coming = next((number for number in range(self.slices) if self._due(number) > trader.now), None)
        if coming is not None:
            yield At(self._due(coming))
        if self.config.order_resubmission_time:
            for leg in self.record.legs:
                if leg.rests:
                    yield At(leg.created + self.config.order_resubmission_time * 1000)

    def custom_info(self, trader: Trader) -> dict[str, Any]:
        opened = self.opened
        return {
            "side": self.side,
            "current_retries": self.record.retries,
            "max_retries": MAX_RETRIES,
            "total_slices": self.slices,
            "placed_slices": len({leg.level for leg in self.record.legs if leg.purpose == "open"}),
            "executed_amount_base": float(opened.base),
            "executed_amount_quote": float(opened.quote),
            "average_executed_price": float(opened.average or 0),
            "order_ids": [leg.order_id for leg in self.record.legs],
            "held_position_orders": self.held_orders(trader),
        }

    def _due(self, number: int) -> int:
        return self.record.created + number * self.config.order_interval * 1000

    def _of(self, number: int) -> list[Leg]:
        return [leg for leg in self.record.legs if leg.level == number and leg.purpose == "open"]

    def _resting(self, number: int) -> Leg | None:
        return next((leg for leg in self._of(number) if leg.rests), None)

    def _missing(self, trader: Trader, number: int) -> Decimal:
        """Quote units that this slice has still to trade; nothing where it is too little for another order."""
        legs = self._of(number)
        if legs and not self._makes:
            return ZERO  # a market order takes what there is
        left = self.config.total_amount_quote / self.slices - sum((leg.quote for leg in legs), ZERO)
        smallest = max(trader.pair.min_notional, trader.pair.min_size * trader.mid)
        return left if not legs or left > smallest else ZERO

    def _place(self, trader: Trader, number: int) -> None:
        left = self._missing(trader, number)
        if not self._makes:
            self.place(
                trader, "open", self.side, trader.amount(left / trader.way_in(self.side)), "MARKET", level=number
            )
            return
        buffer = self.config.limit_order_buffer or ZERO
        price = trader.mid * (1 - buffer if self.side == "BUY" else 1 + buffer)
        self.place(trader, "open", self.side, trader.amount(left / price), "LIMIT", price, level=number)
