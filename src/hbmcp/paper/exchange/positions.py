"""Perpetual positions: what they cost, what margin they hold, when they are liquidated.

A position is a signed amount and its signed cost (amount times average entry price, exact), so that what was received
less what was paid is always the realized profit less the cost of what is open. Margin is isolated: each position holds
its own, the share of its value that its leverage asks for when it is opened, and loses no more to a liquidation.

The rule of liquidation: the exchange takes over a position at the first price at which margin + unrealized P&L is no
more than the maintenance margin (maintenance_rate() of the value at that price), and keeps what is left of the margin
as its fee. So a liquidation costs exactly the margin, however far the price has jumped.
"""

import sqlite3
from decimal import Decimal
from functools import cache

from attrs import evolve, frozen

from hbmcp.paper.exchange.records import Position, PositionSide, Side
from hbmcp.paper.market.listings import Exchange, Pair
from hbmcp.paper.money import ZERO, average, on_step, share

Key = tuple[str, str, str, PositionSide]  # account, exchange, pair, side


@frozen
class Holding:
    """`amount` in base units and `cost` in quote units are negative for a short; `margin` is what of the balance is
    locked for it."""

    amount: Decimal = ZERO
    cost: Decimal = ZERO
    margin: Decimal = ZERO

    def reduced(self, part: Decimal, price: Decimal) -> "tuple[Holding, Decimal]":
        """Without `part` of it (positive, no more than there is), and the profit of that.

        The part's cost is rounded against the owner; what is rounded away stays in the cost of the rest. The part's
        margin is rounded down.
        """
        sign = 1 if self.amount > 0 else -1
        if part == abs(self.amount):
            return Holding(), sign * part * price - self.cost
        cost = share(self.cost, part, abs(self.amount), up=True)
        margin = share(self.margin, part, abs(self.amount), up=False)
        rest = Holding(self.amount - sign * part, self.cost - cost, self.margin - margin)
        return rest, sign * part * price - cost

    def opened(self, part: Decimal, price: Decimal, leverage: int) -> "Holding":
        """With `part` more of it, negative for a short. Its margin is rounded down, as that of an order is rounded up,
        so that what an order has locked is always enough."""
        value = part * price
        return Holding(self.amount + part, self.cost + value, self.margin + margin_of(abs(value), leverage, up=False))

    def unrealized(self, mark: Decimal) -> Decimal:
        return self.amount * mark - self.cost


def margin_of(value: Decimal, leverage: int, *, up: bool) -> Decimal:
    return share(value, 1, leverage, up=up)


@cache
def maintenance_rate(max_leverage: int) -> Decimal:
    """Half of the smallest initial margin there is at this exchange, in millionths, rounded up."""
    return share(Decimal(1), 1, 2 * max_leverage, up=True, step=Decimal("1e-6"))


def liquidation_price(holding: Holding, pair: Pair, max_leverage: int) -> Decimal | None:
    """On the tick, on the side that the price reaches later. None for a long whose margin outlasts any price."""
    rate = maintenance_rate(max_leverage)
    long = holding.amount > 0
    level = on_step(
        share(
            holding.cost - holding.margin,
            1,
            holding.amount - rate * abs(holding.amount),
            up=not long,
            step=pair.tick,
        ),
        pair.tick,
        up=not long,
    )
    return level if level > 0 else None


def takeover(holding: Holding, level: Decimal, tick: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """A liquidation at `level`: price, profit (negative), and what is left of the margin, the exchange's fee.

    The price is `level`, unless rounding to the tick put that beyond what the margin pays for.
    """
    long = holding.amount > 0
    broke = on_step(share(holding.cost - holding.margin, 1, holding.amount, up=long, step=tick), tick, up=long)
    price = max(level, broke) if long else min(level, broke)
    realized = holding.unrealized(price)
    return price, realized, holding.margin + realized


class Positions:
    """Read once per transaction, changed here, written at its end."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        rows = db.execute("SELECT account, exchange, pair, side, amount, cost, margin FROM positions")
        self._held: dict[Key, Holding] = {
            (account, exchange, pair, side): Holding(Decimal(amount), Decimal(cost), Decimal(margin))
            for account, exchange, pair, side, amount, cost, margin in rows
        }
        self._changed: set[Key] = set()

    def __getitem__(self, key: Key) -> Holding:
        return self._held.get(key, Holding())

    def __setitem__(self, key: Key, holding: Holding) -> None:
        if holding.amount:
            self._held[key] = holding
        else:
            self._held.pop(key, None)
        self._changed.add(key)

    def items(self) -> list[tuple[Key, Holding]]:
        """The open ones, always in the same order."""
        return sorted(self._held.items(), key=lambda item: item[0])

    def mark(self) -> dict[Key, Holding]:
        """What restore() goes back to."""
        return dict(self._held)

    def restore(self, mark: dict[Key, Holding]) -> None:
        self._held = mark

    def write(self) -> None:
        for key in sorted(self._changed):
            if holding := self._held.get(key):
                self._db.execute(
                    "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (*key, str(holding.amount), str(holding.cost), str(holding.margin)),
                )
            else:
                self._db.execute(
                    "DELETE FROM positions WHERE account = ? AND exchange = ? AND pair = ? AND side = ?", key
                )
        self._changed.clear()


def side_of(hedge: bool, side: Side, closes: bool) -> PositionSide:
    """Which position an order works on."""
    if not hedge:
        return "BOTH"
    return "LONG" if (side == "BUY") != closes else "SHORT"


def record(key: Key, holding: Holding, exchange: Exchange, mark: Decimal, leverage: int) -> Position:
    return Position(
        *key,
        amount=holding.amount,
        entry=average(holding.cost, holding.amount),
        mark=mark,
        unrealized=holding.unrealized(mark),
        leverage=leverage,
        margin=holding.margin,
        liquidation=liquidation_price(holding, exchange.pairs[key[2]], exchange.max_leverage),
    )


def with_margin(holding: Holding, leverage: int) -> Holding:
    """As if it had been opened with this leverage; rounded down as there."""
    return evolve(holding, margin=margin_of(abs(holding.cost), leverage, up=False))
