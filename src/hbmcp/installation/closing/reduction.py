"""The order that reduces a position, and never more than that."""

from decimal import ROUND_DOWN, Context, Decimal
from typing import Literal

from attrs import frozen

from hbmcp.installation.markets.trading_rules import Rule, on_step
from hbmcp.installation.positions.position import Side, closing_side

_DOWN = Context(prec=80, rounding=ROUND_DOWN)
WHOLE = Decimal(1)


@frozen
class Reduction:
    """A market order against a position, in base units: `amount` is above 0 and no more than the position's size,
    `rest` is what it leaves of it."""

    side: Literal["BUY", "SELL"]
    amount: Decimal
    rest: Decimal


@frozen
class TooSmall:
    """There is no such order: `why`, as the end of a sentence."""

    why: str


def reduction(side: Side, size: Decimal, rule: Rule, fraction: Decimal = WHOLE) -> Reduction | TooSmall:
    """The order for this fraction (0 < fraction <= 1) of a position of this size, rounded down to the lot step.

    The smallest order value isn't looked at: the API judges it by a price of its own when the order comes.
    """
    wanted = _DOWN.multiply(size, fraction)
    amount = rule.amount(wanted)
    if amount <= 0 or amount < rule.min_amount:
        what = "its size" if fraction == WHOLE else "that part of it"
        return TooSmall(f"{what}, {wanted:f}, is less than the smallest order, {smallest(rule):f}")
    return Reduction(closing_side(side), amount, _DOWN.subtract(size, amount))


def smallest(rule: Rule) -> Decimal:
    """The smallest amount that an order can have."""
    return max(on_step(rule.min_amount, rule.amount_step, up=True), rule.amount_step)
