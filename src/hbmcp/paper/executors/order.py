"""order_executor: one order, at the market, at a price, or kept at a distance from the price."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hbmcp.paper.errors import BadValue, PriceRequired
from hbmcp.paper.exchange.records import Action, Side
from hbmcp.paper.exchange.records import OrderType as Kind
from hbmcp.paper.executors.base import MAX_RETRIES, Executor, Figures, kind_of, side_of
from hbmcp.paper.executors.config import ExecutionStrategy, OrderExecutorConfig, OrderType, PositionAction
from hbmcp.paper.executors.record import ZERO, Leg
from hbmcp.paper.executors.trader import Touch, Trader, Wake
from hbmcp.paper.market.listings import EXCHANGES

Strategy = ExecutionStrategy


class OrderExecutor(Executor[OrderExecutorConfig]):
    lingers = 3000
    keeps = True

    @property
    def side(self) -> Side:
        return side_of(self.config.side)

    def check(self) -> None:
        strategy = self.config.execution_strategy
        if strategy in (Strategy.LIMIT, Strategy.LIMIT_MAKER) and self.config.price is None:
            raise PriceRequired
        if strategy is Strategy.LIMIT_CHASER and self.config.chaser_config is None:
            raise BadValue("chaser_config", None, "given for a LIMIT_CHASER")
        chaser = self.config.chaser_config
        if chaser and not (0 <= chaser.distance < 1 and 0 < chaser.refresh_threshold < 1):
            raise BadValue(
                "chaser_config", "with these shares", "with both from 0 to 1, and a refresh_threshold above 0"
            )
        if self.config.position_action is PositionAction.CLOSE and not EXCHANGES[self.record.exchange].perpetual:
            raise BadValue("position_action", "CLOSE", "OPEN on a spot exchange")

    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        closes = self.config.position_action is PositionAction.CLOSE
        return ZERO if closes else self.config.amount, self._price(trader)

    def control(self, trader: Trader) -> None:
        if self.tired(trader):
            return
        missing = self.missing(trader, self.config.amount)
        resting = self._resting
        if not missing or (self.opened.base and self.config.execution_strategy is Strategy.MARKET):
            self.record.keep = True
            self.record.close_type = "POSITION_HOLD"
            self.terminate(trader)
        elif resting is None:
            self._place(trader, missing)
        elif self._left_behind(trader, resting):
            trader.cancel(resting)
            missing = self.missing(trader, self.config.amount)
            if missing:
                self._place(trader, missing)

    def watches(self, _trader: Trader) -> Iterator[Wake]:
        chaser, resting = self.config.chaser_config, self._resting
        if self._chases and chaser and resting and resting.price:
            yield Touch(self._threshold(resting), upward=self.side == "BUY")

    def custom_info(self, trader: Trader) -> dict[str, Any]:
        resting, opened = self._resting, self.opened
        shown = resting or next((leg for leg in reversed(self.record.legs) if leg.base), None)
        return {
            "side": self.side,
            "level_id": self.config.level_id,
            "current_retries": self.record.retries,
            "max_retries": MAX_RETRIES,
            "order_id": shown.order_id if shown else None,
            "order_last_update": shown.updated / 1000 if shown else None,
            "held_position_orders": self.held_orders(trader),
            "executed_amount_base": float(opened.base),
            "average_executed_price": float(opened.average or 0),
            "slippage_pct": float(self.config.slippage_pct),
            "max_slippage_pct": float(self.config.max_slippage_pct),
            "transaction_hash": shown.exchange_id if shown else None,
            "swap_provider": None,
            "wallet_address": None,
        }

    def figures(self, _trader: Trader) -> Figures:
        """An order has no profit: what becomes of it is its owner's."""
        opened = self.opened
        return Figures(ZERO, ZERO, opened.fee, opened.quote)

    def ended_figures(self, trader: Trader) -> Figures:
        return self.figures(trader)

    @property
    def _resting(self) -> Leg | None:
        return next((leg for leg in self.record.legs if leg.rests), None)

    @property
    def _chases(self) -> bool:
        return self.config.execution_strategy is Strategy.LIMIT_CHASER

    @property
    def _kind(self) -> Kind:
        return "LIMIT_MAKER" if self._chases else kind_of(OrderType[self.config.execution_strategy.name])

    def _price(self, trader: Trader) -> Decimal:
        chaser = self.config.chaser_config
        if self._chases and chaser:
            return trader.mid * (1 - chaser.distance if self.side == "BUY" else 1 + chaser.distance)
        if self._kind == "MARKET" or self.config.price is None:
            return trader.way_in(self.side)
        return self.config.price

    def _place(self, trader: Trader, amount: Decimal) -> None:
        action: Action = "CLOSE" if self.config.position_action is PositionAction.CLOSE else "OPEN"
        self.place(trader, "open", self.side, amount, self._kind, self._price(trader), action=action)

    def _threshold(self, resting: Leg) -> Decimal:
        """The middle price from which on the order is too far behind."""
        chaser = self.config.chaser_config
        assert chaser is not None
        assert resting.price is not None
        sign = 1 if self.side == "BUY" else -1
        return resting.price / (1 - sign * chaser.distance) * (1 + sign * chaser.refresh_threshold)

    def _left_behind(self, trader: Trader, resting: Leg) -> bool:
        if not self._chases or resting.price is None:
            return False
        threshold = self._threshold(resting)
        return trader.mid >= threshold if self.side == "BUY" else trader.mid <= threshold
