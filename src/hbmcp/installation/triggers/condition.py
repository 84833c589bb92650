"""When a trigger fires: a value at or beyond a level, or a distance behind its best since."""

from decimal import Decimal
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from hbmcp.figures import plain
from hbmcp.text import named
from hbmcp.times import utc

Of = Literal["price", "spread", "funding_rate", "pnl", "portfolio", "time"]
PriceKind = Literal["last", "bid", "ask", "mark"]
Goes = Literal["above", "below"]

IN_PERCENT: tuple[Of, ...] = ("spread", "funding_rate", "pnl")  # what is so itself

NOTED = 5  # readings of before
GAP = 30_000  # ms between two readings; after a longer one nobody knows what held meanwhile


class Memory(BaseModel):
    """What is known of a condition between two readings: the best value `best` since the trailing began, since when the
    condition holds (`held`), the last `value` and when it was `read`, with some of `before`; and, while it can't be
    believed, since when and why (`doubt`). Times in epoch ms."""

    model_config = ConfigDict(frozen=True)

    best: Decimal | None = None
    held: int | None = None
    value: Decimal | None = None
    read: int | None = None
    before: tuple[tuple[int, Decimal], ...] = ()  # some readings, half a minute apart, oldest first
    doubted: int | None = None
    doubt: str = ""
    wakes: int = 0  # it fires no earlier than this
    spent: Decimal = Decimal(0)  # in quote, by all its firings
    references: tuple[str, ...] = ()  # ids of the orders that it sent
    sent: int | None = None  # when a request of its firing was about to leave
    came: str = ""  # what its last firing came to, in words
    attempts: int = 0  # at firing, one after the other, that sent nothing
    acted: int = 0  # how often it did what it is for

    @property
    def noted(self) -> "Memory":
        """With its last reading among those of before, of which so many are kept."""
        if self.read is None or self.value is None or (self.before and self.before[-1][0] == self.read):
            return self
        return self.model_copy(update={"before": (*self.before, (self.read, self.value))[-NOTED:]})


class Judged(NamedTuple):
    """Whether the condition holds, the level it was held to, and what to remember."""

    met: bool
    level: Decimal | None
    memory: Memory


class Condition(BaseModel):
    """`of` says which value: a price in quote; the percent by which the price on `connector_name` is above that on
    `other`; a funding rate in percent an interval; a position's P&L in percent of its entry or its margin; the worth of
    all that the installation has, in USDT; or the time in epoch ms. It holds at or beyond `level`, or `trail` percent
    behind the best value since, once that reached `trail_from`; for `holds_for` seconds."""

    model_config = ConfigDict(frozen=True)

    of: Of = "price"
    goes: Goes
    level: Decimal | None = None
    trail: Decimal | None = None
    trail_from: Decimal | None = None
    holds_for: int = 0
    account_name: str | None = None
    connector_name: str | None = None
    trading_pair: str | None = None
    other: str | None = None
    price: PriceKind = "last"
    side: Literal["LONG", "SHORT"] | None = None
    measure: Literal["entry", "margin"] = "entry"

    @cached_property
    def quantity(self) -> tuple[str | None, ...]:
        """Which value it is about; equal where the same reading tells several."""
        where = (self.account_name, self.connector_name, self.trading_pair, self.other)
        return (self.of, self.price, self.side, self.measure, *where)

    @property
    def words(self) -> str:
        """As it follows "when"."""
        if self.trail is not None:
            beyond = f"is {plain(self.trail):f}% {self._direction}"
        else:
            beyond = f"is {self.shown(self.level)} or {self._direction}"
        started = "" if self.trail_from is None else f", once it was {self.shown(self.trail_from)}"
        long = f", for {self.holds_for} s" if self.holds_for else ""
        return f"{self.what} {beyond}{started}{long}"

    @property
    def what(self) -> str:
        """The value, in words."""
        market = f"{named(self.trading_pair or '')} on {named(self.connector_name or '')}"
        match self.of:
            case "price":
                return f"{self.price} price of {market}"
            case "spread":
                return f"price of {market} over that on {named(self.other or '')}"
            case "funding_rate":
                return f"funding rate of {market}"
            case "pnl":
                side = f"{self.side} " if self.side else ""
                return f"P&L of the {side}position {market} in percent of {self.measure}"
            case "portfolio":
                return "worth of the portfolio"
            case "time":
                return "time"

    @property
    def _direction(self) -> str:
        if self.trail is not None:
            return "below its highest since" if self.goes == "below" else "above its lowest since"
        return {"above": "later" if self.of == "time" else "more", "below": "less"}[self.goes]

    def shown(self, value: Decimal | None) -> str:
        """A value of this kind, with its unit."""
        if value is None:
            return "?"
        if self.of == "time":
            return utc(int(value))
        unit = {"price": "", "portfolio": " USDT"}.get(self.of, "%")
        return f"{plain(value):f}{unit}"

    def is_far(self, memory: Memory, value: Decimal) -> bool:
        """Whether there is nothing to judge or to remember: its level is fixed and not reached, and wasn't before."""
        if self.level is None or memory.held is not None or memory.doubted is not None:
            return False
        return value < self.level if self.goes == "above" else value > self.level

    def judge(self, memory: Memory, value: Decimal, now: int) -> Judged:
        """Hold the value that was read `now` to it."""
        fresh = memory.read is not None and 0 <= now - memory.read <= GAP
        best = self._best(memory.best, value)
        level = self.level_behind(best)
        beyond = level is not None and (value >= level if self.goes == "above" else value <= level)
        held = (memory.held if fresh and memory.held is not None else now) if beyond else None
        kept = memory.model_copy(update={"best": best, "held": held, "value": value, "read": now})
        met = held is not None and now - held >= self.holds_for * 1000
        return Judged(met, level, kept)

    def _best(self, before: Decimal | None, value: Decimal) -> Decimal | None:
        """None until the trailing begins; it never moves back."""
        if self.trail is None:
            return None
        further = max if self.goes == "below" else min
        if before is not None:
            return further(before, value)
        begun = self.trail_from is None or further(self.trail_from, value) == value
        return value if begun else None

    def level_behind(self, best: Decimal | None) -> Decimal | None:
        """Where it holds, with that best value so far."""
        if self.trail is None:
            return self.level
        if best is None:
            return None
        away = abs(best) * self.trail / 100
        return best - away if self.goes == "below" else best + away
