"""What all executors have in common: a life from RUNNING over SHUTTING_DOWN to TERMINATED, orders, profit and loss.

step    looks at the market once, and does what is to be done now
wakes   says when to look again; in between nothing that matters to it can happen
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast

from hbmcp.paper.errors import BelowMinimum, PaperError, StoreUnusable
from hbmcp.paper.exchange.records import Action, Fill, Side
from hbmcp.paper.exchange.records import OrderType as Kind
from hbmcp.paper.executors.config import ExecutorConfig, OrderType, TradeType
from hbmcp.paper.executors.record import ZERO, CloseType, Leg, Purpose, Record, Total
from hbmcp.paper.executors.trader import At, Touch, Trader, Wake

CONTROL = 1000  # milliseconds between two looks of an executor that is doing something
MAX_RETRIES = 10

C = TypeVar("C", bound=ExecutorConfig)


class Figures(NamedTuple):
    """In quote units, `share` of what was opened."""

    profit: Decimal
    share: Decimal
    fees: Decimal
    filled: Decimal


class Executor(ABC, Generic[C]):
    lingers: ClassVar[int] = CONTROL  # milliseconds from being told to stop to the end, if nothing holds it up
    keeps: ClassVar[bool] = False  # whether what was filled is never undone

    def __init__(self, record: Record, config: C) -> None:
        self.record = record
        self.config = config

    # what a type says

    @property
    @abstractmethod
    def side(self) -> Side: ...

    @property
    def leverage(self) -> int:
        return int(getattr(self.config, "leverage", 1))

    @abstractmethod
    def check(self) -> None:
        """Before the first step. Raises PaperError if this configuration can't be meant."""

    @abstractmethod
    def needs(self, trader: Trader) -> tuple[Decimal, Decimal]:
        """(base units, price) of all that it may open: what the balance has to hold when it starts."""

    @abstractmethod
    def control(self, trader: Trader) -> None:
        """One look while it is running."""

    @abstractmethod
    def watches(self, trader: Trader) -> Iterator[Wake]:
        """Besides the fills of its orders."""

    @abstractmethod
    def custom_info(self, trader: Trader) -> dict[str, Any]: ...

    # its life

    def start(self, trader: Trader) -> None:
        amount, price = self.needs(trader)
        if trader.affords(self.side, amount, price, self.leverage):
            self.step(trader)
        else:
            self.record.seen = trader.now
            self.complain(trader, "Not enough budget to open position.")
            self.record.close_type = "INSUFFICIENT_BALANCE"
            self.terminate(trader)

    def step(self, trader: Trader) -> None:
        before = self._done()
        trader.learn_all(leg for leg in self.record.legs if leg.rests)
        try:
            if self.record.status == "RUNNING":
                self.control(trader)
            if self.record.status == "SHUTTING_DOWN":
                self._wind_down(trader)
        except StoreUnusable:
            raise
        except PaperError as error:  # it can't be placed, now or later
            self.complain(trader, str(error))
            self._cancel_all(trader)
            self.record.close_type = "FAILED"
            self.terminate(trader)
        self.record.seen = trader.now
        self.record.again = trader.now + CONTROL if self._done() != before else None

    def _done(self) -> object:
        """What is different after it has done something, or something has happened to its orders."""
        record = self.record
        return record.status, record.errors, [(leg.order_id, leg.status, leg.base) for leg in record.legs]

    def wakes(self, trader: Trader) -> Iterator[Wake]:
        for time in (self.record.again, self.record.ends):
            if time is not None:
                yield At(time)
        resting = [(leg.side, leg.price) for leg in self.record.legs if leg.rests and leg.price is not None]
        if buying := [price for side, price in resting if side == "BUY"]:
            yield Touch(max(buying), upward=False)
        if selling := [price for side, price in resting if side == "SELL"]:
            yield Touch(min(selling), upward=True)
        if self.record.status == "RUNNING":
            yield from self.watches(trader)

    def close(self, trader: Trader, why: CloseType, *, keep: bool = False) -> None:
        """Ends it: what rests is cancelled now, what it holds is closed unless it is to be kept."""
        record = self.record
        record.status = "SHUTTING_DOWN"
        record.close_type = why
        record.keep = keep or self.keeps
        record.ends = trader.now + self.lingers if why == "EARLY_STOP" else trader.now
        self._cancel_all(trader)

    def terminate(self, trader: Trader) -> None:
        record = self.record
        if record.keep and self.held_legs:
            record.close_type = "POSITION_HOLD"
        record.held = record.close_type == "POSITION_HOLD" and bool(self.held_legs)
        record.status = "TERMINATED"
        record.closed = trader.now
        record.ends = None
        profit, share, fees, filled = self.ended_figures(trader)
        record.ended = {
            "net_pnl_quote": str(profit),
            "net_pnl_pct": str(round(share, 6)),
            "cum_fees_quote": str(fees),
            "filled_amount_quote": str(filled),
            "custom_info": self.custom_info(trader),
        }

    def _wind_down(self, trader: Trader) -> None:
        if any(leg.rests for leg in self.record.legs):
            self._cancel_all(trader)
        rest = ZERO if self.record.keep else trader.amount(abs(self.net))
        if rest:
            side: Side = "SELL" if self.net > 0 else "BUY"
            try:
                if self.place(trader, "close", side, rest, "MARKET") is None and self.record.retries > MAX_RETRIES:
                    self.record.close_type = "FAILED"
                    self.terminate(trader)
                    return
            except BelowMinimum as error:  # too little to be traded: it stays where it is
                if not self.closed.base:
                    self.complain(trader, str(error))
                rest = ZERO
            else:
                rest = trader.amount(abs(self.net))
        if not rest and trader.now >= (self.record.ends or 0):
            self.terminate(trader)

    def _cancel_all(self, trader: Trader) -> None:
        for leg in self.record.legs:
            if leg.rests:
                trader.cancel(leg)

    # its orders

    def place(
        self,
        trader: Trader,
        purpose: Purpose,
        side: Side,
        amount: Decimal,
        kind: Kind,
        price: Decimal | None = None,
        *,
        level: int = 0,
        action: Action | None = None,
    ) -> Leg | None:
        """None if the exchange refused it: that is counted. Raises PaperError for what isn't an order at all."""
        leg, refused = trader.place(purpose, side, amount, kind, price, level=level, action=action)
        if refused is not None:
            self.record.retries += 1
            self.complain(trader, refused)
            return None
        self.record.legs.append(leg)
        return leg

    def tired(self, trader: Trader) -> bool:
        """Whether the exchange has refused it too often; it is ended then, and what it holds is closed."""
        if self.record.retries > MAX_RETRIES:
            self.close(trader, "FAILED")
            return True
        return False

    def complain(self, trader: Trader, text: str) -> None:
        kind = self.record.kind
        message = f"hummingbot.strategy_v2.executors.{kind}.{kind} - {text}"
        self.record.errors += 1
        self.record.last_error = message
        self.record.logs.append({"at": trader.now, "level": "ERROR", "message": message})

    # what became of them

    @property
    def back(self) -> Side:
        """The side of the orders that close it."""
        return "SELL" if self.side == "BUY" else "BUY"

    def total(self, side: Side, *, settled: bool = True) -> Total:
        before = self.record.settled.get(side, Total()) if settled else Total()
        return reduce(Total.plus, (leg.total for leg in self.record.legs if leg.side == side), before)

    @property
    def opened(self) -> Total:
        return self.total(self.side)

    def missing(self, trader: Trader, amount: Decimal) -> Decimal:
        """What is still to be opened; at first all, so that the exchange refuses what is too small."""
        opened = self.opened.base
        return trader.amount(amount - opened) if opened else amount

    @property
    def closed(self) -> Total:
        return self.total(self.back)

    @property
    def net(self) -> Decimal:
        """Base units that it holds: below zero for a short."""
        bought, sold = self.total("BUY"), self.total("SELL")
        return bought.base - bought.base_fee - sold.base

    @property
    def held_legs(self) -> list[Leg]:
        return [leg for leg in self.record.legs if leg.base] if self.net else []

    def figures(self, trader: Trader) -> Figures:
        """From the fills, and for what is still open from the price at which it could be closed now."""
        opened, closed = self.opened, self.closed
        fees = opened.fee + closed.fee
        sign = 1 if self.side == "BUY" else -1
        open_base = opened.base - closed.base
        profit = (closed.quote + open_base * trader.way_out(self.side) - opened.quote) * sign - fees
        return Figures(profit, profit / opened.quote if opened.quote else ZERO, fees, opened.quote + closed.quote)

    def ended_figures(self, trader: Trader) -> Figures:
        """A position that is kept has no profit yet, and isn't counted as traded."""
        figures = self.figures(trader)
        if self.record.close_type != "POSITION_HOLD":
            return figures
        fees = figures.fees
        return Figures(-fees, -fees / self.opened.quote if self.opened.quote else ZERO, fees, ZERO)

    @property
    def trading(self) -> bool:
        return self.record.active and bool(self.net)

    def held_orders(self, trader: Trader) -> list[dict[str, Any]]:
        """As the API shows the orders of a position that is kept; figures are text there."""
        if self.record.close_type != "POSITION_HOLD":
            return []
        return [self._held_order(trader, leg) for leg in self.held_legs]

    def _held_order(self, trader: Trader, leg: Leg) -> dict[str, Any]:
        return {
            "client_order_id": leg.order_id,
            "exchange_order_id": leg.exchange_id,
            "trading_pair": self.record.pair,
            "order_type": leg.type,
            "trade_type": leg.side,
            "price": "NaN" if leg.price is None else f"{leg.price:f}",
            "amount": f"{leg.amount:f}",
            "executed_amount_base": f"{leg.base:f}",
            "executed_amount_quote": f"{leg.quote:f}",
            "last_state": "5",
            "leverage": str(self.leverage),
            "position": "OPEN" if leg.purpose == "open" else "CLOSE",
            "creation_timestamp": leg.created / 1000,
            "last_update_timestamp": leg.updated / 1000,
            "order_fills": {fill.id: _held_fill(leg, fill) for fill in trader.fills(leg)},
            "cumulative_fee_paid_base": float(leg.fee * leg.base / leg.quote) if leg.quote else 0.0,
            "cumulative_fee_paid_quote": float(leg.fee),
        }


def _held_fill(leg: Leg, fill: Fill) -> dict[str, Any]:
    return {
        "trade_id": fill.id,
        "client_order_id": leg.order_id,
        "exchange_order_id": leg.exchange_id,
        "trading_pair": fill.pair,
        "fill_timestamp": fill.at / 1000,
        "fill_price": f"{fill.price:f}",
        "fill_base_amount": f"{fill.amount:f}",
        "fill_quote_amount": f"{fill.amount * fill.price:f}",
        "fee": {
            "fee_type": "DeductedFromReturns",
            "percent": "0",
            "percent_token": fill.charged_token,
            "flat_fees": [{"token": fill.charged_token, "amount": f"{fill.charged:f}"}],
        },
        "is_taker": not fill.maker,
    }


def side_of(side: TradeType) -> Side:
    return cast(Side, side.name)


def kind_of(kind: OrderType) -> Kind:
    return cast(Kind, kind.name)
