"""grid_executor: orders at even prices; each that is filled is closed a little further on, and begins again."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from functools import reduce
from typing import Any, NamedTuple

from hbmcp.paper.errors import BadValue
from hbmcp.paper.exchange.records import Side
from hbmcp.paper.executors.barriers import Barriers
from hbmcp.paper.executors.base import Executor, Figures, kind_of, side_of
from hbmcp.paper.executors.config import GridExecutorConfig
from hbmcp.paper.executors.position import check_barriers, check_bounds
from hbmcp.paper.executors.record import ZERO, Leg, Total
from hbmcp.paper.executors.trader import At, Touch, Trader, Wake

MARGIN = Decimal("1.05")  # above the smallest order, so that a price that falls doesn't make it too small


class Plan(NamedTuple):
    """The prices at which it opens, the base units of each, and the middle price when that was reckoned."""

    prices: list[Decimal]
    amount: Decimal
    price: Decimal


def plan(config: GridExecutorConfig, trader: Trader) -> Plan:
    """As many levels as the money allows in smallest orders, and the range in smallest spreads."""
    mid, lot = trader.mid, trader.pair.lot
    least_quote = max(config.min_order_amount_quote or ZERO, trader.pair.min_notional) * MARGIN
    least = max((least_quote / mid / lot).to_integral_value(ROUND_CEILING) * lot, trader.pair.min_size)
    span = (config.end_price - config.start_price) / config.start_price
    step = max(config.min_spread_between_orders or ZERO, trader.pair.tick / mid)
    count = max(1, min(int(config.total_amount_quote / (least * mid)), int(span / step)))
    amount = max(least, (config.total_amount_quote / (mid * count)).quantize(lot, ROUND_DOWN))
    count = max(1, min(count, int(config.total_amount_quote / (amount * mid))))
    if count == 1:
        return Plan([(config.start_price + config.end_price) / 2], amount, mid)
    gap = (config.end_price - config.start_price) / (count - 1)
    return Plan([config.start_price + gap * level for level in range(count)], amount, mid)


class GridExecutor(Executor[GridExecutorConfig]):
    @property
    def side(self) -> Side:
        return side_of(self.config.side)

    @property
    def _sign(self) -> int:
        return 1 if self.side == "BUY" else -1

    @property
    def _barriers(self) -> Barriers:
        told = self.config.triple_barrier_config
        return Barriers(told.stop_loss, None, told.trailing_stop, told.time_limit)

    def check(self) -> None:
        config = self.config
        check_barriers(config.triple_barrier_config)
        check_bounds(None if config.activation_bounds is None else [config.activation_bounds])
        if not 0 < config.start_price < config.end_price:
            raise BadValue("start_price", config.start_price, f"above 0 and below end_price ({config.end_price})")
        if self.side == "BUY" and not 0 < config.limit_price < config.start_price:
            raise BadValue("limit_price", config.limit_price, f"above 0 and below start_price ({config.start_price})")
        if self.side == "SELL" and config.limit_price <= config.end_price:
            raise BadValue("limit_price", config.limit_price, f"above end_price ({config.end_price}) to sell")
        if config.max_open_orders < 1:
            raise BadValue("max_open_orders", config.max_open_orders, "at least 1")
        if not (config.triple_barrier_config.take_profit or config.coerce_tp_to_step):
            raise BadValue("triple_barrier_config.take_profit", None, "given: it is where a level's position is closed")

    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        reckoned = self._plan(trader)
        return reckoned.amount * len(reckoned.prices), reckoned.price

    def control(self, trader: Trader) -> None:
        self._settle(trader)
        if self.tired(trader):
            return
        why = self._barriers.reached(self, trader)
        if why is None and (trader.mid - self.config.limit_price) * self._sign <= 0:
            why = "STOP_LOSS"
        if why is None and (trader.mid - self._far_end) * self._sign > 0 and not self._holds(trader):
            why = "TAKE_PROFIT"
        if why is not None:
            self.close(trader, why, keep=self.config.keep_position)
            return
        self._close_levels(trader)
        self._open_levels(trader)

    def watches(self, trader: Trader) -> Iterator[Wake]:
        yield from self._barriers.watches(self, trader)
        yield Touch(self.config.limit_price, upward=self._sign < 0)
        yield Touch(self._far_end + self._sign * trader.pair.tick, upward=self._sign > 0)
        waiting = self._waiting(trader)
        if waiting and len(self._opening) < self.config.max_open_orders:
            yield At(self.record.memory.get("batch", 0) + self.config.order_frequency * 1000)
            if self.config.activation_bounds is not None:
                nearest = min(waiting, key=lambda level: abs(level[1] - trader.mid))[1]
                upward = nearest > trader.mid
                yield Touch(nearest / (1 + (1 if upward else -1) * self.config.activation_bounds), upward)

    def custom_info(self, trader: Trader) -> dict[str, Any]:
        reckoned = self._plan(trader)
        bought, sold = (self.record.settled.get(side, Total()) for side in ("BUY", "SELL"))
        realized_fees = bought.fee + sold.fee
        opened = self.total(self.side, settled=False)
        closed = self.total(self.back, settled=False)
        position = opened.quote - closed.quote
        fees = opened.fee + closed.fee
        held = (opened.base - closed.base) * trader.way_out(self.side)
        realized = sold.quote - bought.quote - realized_fees
        traded = self.record.settled.get(self.side, Total()).quote
        held_orders = self.held_orders(trader)
        return {
            "side": self.side,
            "held_position_orders": held_orders,
            "held_position_value": float(position) if held_orders else 0,
            "realized_buy_size_quote": float(bought.quote),
            "realized_sell_size_quote": float(sold.quote),
            "realized_imbalance_quote": float(bought.quote - sold.quote),
            "realized_fees_quote": float(realized_fees),
            "realized_pnl_quote": float(realized),
            "realized_pnl_pct": float(realized / traded) if traded else 0.0,
            "position_size_quote": float(position),
            "position_fees_quote": float(fees),
            "current_position_average_price": float(opened.average or 0),
            "position_pnl_quote": float((held - position) * self._sign - fees) if opened.base else 0.0,
            "open_liquidity_placed": float(_resting_value(self._opening)),
            "close_liquidity_placed": float(_resting_value(self._closing)),
            "grid_level_prices": [float(price) for price in reckoned.prices],
            "grid_tp_prices": [float(self._target(reckoned, price)) for price in reckoned.prices],
            "grid_side": self.side,
            "grid_limit_price": float(self.config.limit_price),
        }

    def ended_figures(self, trader: Trader) -> Figures:
        """What its finished round trips have earned counts, also where the rest is kept."""
        if self.record.close_type != "POSITION_HOLD":
            return self.figures(trader)
        bought, sold = (self.record.settled.get(side, Total()) for side in ("BUY", "SELL"))
        fees = self.opened.fee + self.closed.fee
        profit = sold.quote - bought.quote - fees
        return Figures(profit, profit / self.opened.quote, fees, bought.quote + sold.quote)

    # its levels

    def _plan(self, trader: Trader) -> Plan:
        kept = self.record.memory.get("plan")
        if kept is None:
            reckoned = plan(self.config, trader)
            prices = [str(price) for price in reckoned.prices]
            kept = {"prices": prices, "amount": str(reckoned.amount), "price": str(reckoned.price)}
            self.record.memory["plan"] = kept
        return Plan([Decimal(p) for p in kept["prices"]], Decimal(kept["amount"]), Decimal(kept["price"]))

    def _gain(self, reckoned: Plan) -> Decimal:
        """How much further on a level is closed, relative to its price."""
        gain = self.config.triple_barrier_config.take_profit or ZERO
        if self.config.coerce_tp_to_step and len(reckoned.prices) > 1:
            gain = max(gain, (reckoned.prices[1] - reckoned.prices[0]) / self.config.start_price)
        return gain

    def _target(self, reckoned: Plan, price: Decimal) -> Decimal:
        return price * (1 + self._sign * self._gain(reckoned))

    @property
    def _far_end(self) -> Decimal:
        return self.config.end_price if self.side == "BUY" else self.config.start_price

    @property
    def _opening(self) -> list[Leg]:
        return [leg for leg in self.record.legs if leg.purpose == "open" and leg.rests]

    @property
    def _closing(self) -> list[Leg]:
        return [leg for leg in self.record.legs if leg.purpose == "close" and leg.rests]

    def _settle(self, trader: Trader) -> None:
        """Forgets the orders of the levels whose round trip is over, and keeps their sums."""
        by_level: dict[int, list[Leg]] = {}
        for leg in self.record.legs:
            by_level.setdefault(leg.level, []).append(leg)
        for legs in by_level.values():
            opened = reduce(Total.plus, (leg.total for leg in legs if leg.purpose == "open"), Total())
            closed = reduce(Total.plus, (leg.total for leg in legs if leg.purpose == "close"), Total())
            over = closed.base and not trader.amount(opened.base - opened.base_fee - closed.base)
            if any(leg.rests for leg in legs) or (opened.base and not over):
                continue
            for side, total in ((self.side, opened), (self.back, closed)):
                self.record.settled[side] = self.record.settled.get(side, Total()).plus(total)
            self.record.legs = [leg for leg in self.record.legs if leg not in legs]

    def _holds(self, trader: Trader) -> bool:
        """Whether a level is open."""
        opened, closed = self.total(self.side, settled=False), self.total(self.back, settled=False)
        return bool(trader.amount(opened.base - opened.base_fee - closed.base))

    def _close_levels(self, trader: Trader) -> None:
        """Where a level is open, an order rests that closes it; beside the price if that has gone past already."""
        reckoned = self._plan(trader)
        for level, price in enumerate(reckoned.prices):
            legs = [leg for leg in self.record.legs if leg.level == level]
            if not legs or any(leg.rests for leg in legs):
                continue
            opened = sum((leg.base - leg.base_fee for leg in legs if leg.purpose == "open"), ZERO)
            rest = trader.amount(opened - sum((leg.base for leg in legs if leg.purpose == "close"), ZERO))
            if not rest:
                continue
            best = trader.way_in(self.side) * (1 + self._sign * self.config.safe_extra_spread)
            target = self._target(reckoned, price)
            target = max(target, best) if self.side == "BUY" else min(target, best)
            kind = kind_of(self.config.triple_barrier_config.take_profit_order_type)
            self.place(trader, "close", self.back, rest, kind, target, level=level)

    def _waiting(self, trader: Trader) -> list[tuple[int, Decimal]]:
        """The levels where nothing is."""
        busy = {leg.level for leg in self.record.legs}
        return [(level, price) for level, price in enumerate(self._plan(trader).prices) if level not in busy]

    def _open_levels(self, trader: Trader) -> None:
        """The nearest to the price first; a level that the price has passed is opened beside the price. As Hummingbot
        does it, a batch is placed whole while fewer than max_open_orders rest, and without its size all levels are."""
        config = self.config
        last = self.record.memory.get("batch")
        if last is not None and trader.now < last + config.order_frequency * 1000:
            return
        if len(self._opening) >= config.max_open_orders:
            return
        beside = trader.way_out(self.side) * (1 - self._sign * config.safe_extra_spread)
        near = sorted(self._waiting(trader), key=lambda level: abs(level[1] - trader.mid))
        for level, price in near[: config.max_orders_per_batch]:
            if config.activation_bounds is not None and abs(price / trader.mid - 1) > config.activation_bounds:
                continue
            at = min(price, beside) if self.side == "BUY" else max(price, beside)
            amount = self._plan(trader).amount
            kind = kind_of(config.triple_barrier_config.open_order_type)
            self.place(trader, "open", self.side, amount, kind, at, level=level)
            self.record.memory["batch"] = trader.now


def _resting_value(legs: list[Leg]) -> Decimal:
    return sum(((leg.amount - leg.base) * (leg.price or ZERO) for leg in legs), ZERO)
