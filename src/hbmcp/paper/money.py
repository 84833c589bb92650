"""Exact money. Sums, differences and products are computed in EXACT, which raises rather than lose a digit.

Division happens in share() alone, whose rounding is named where it is used; what it rounds away stays where it was.
"""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)

# No product of amount, price, rate and mark comes near so many digits.
EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
_FLOOR = Context(prec=160, rounding=ROUND_FLOOR, traps=[InvalidOperation, DivisionByZero, Overflow])
_CEILING = Context(prec=160, rounding=ROUND_CEILING, traps=[InvalidOperation, DivisionByZero, Overflow])

ZERO = Decimal(0)
CENT = Decimal("1e-8")  # the smallest part of a token that a division leaves
SHOWN = Decimal("1e-12")  # averages are shown to so many places
LARGEST = 10**30  # of an amount or price that somebody asks for


def share(value: Decimal, part: Decimal | int, whole: Decimal | int, *, up: bool, step: Decimal = CENT) -> Decimal:
    """value times part divided by whole, rounded to `step` towards plus (`up`) or minus infinity."""
    context = _CEILING if up else _FLOOR
    return context.quantize(context.divide(context.multiply(value, Decimal(part)), Decimal(whole)), step)


def on_step(value: Decimal, step: Decimal, *, up: bool = False) -> Decimal:
    """The nearest multiple of `step` that isn't above (or below, with `up`) the value; with the step's own places."""
    context = _CEILING if up else _FLOOR
    return context.multiply(context.to_integral_value(context.divide(value, step)), step)


def average(total: Decimal, amount: Decimal) -> Decimal:
    """For display: twelve places, no trailing zeros."""
    return plain(_FLOOR.quantize(_FLOOR.divide(total, amount), SHOWN))


def plain(value: Decimal) -> Decimal:
    """Without trailing zeros, and without an exponent above zero."""
    if value == value.to_integral_value():
        return _FLOOR.quantize(value, Decimal(1))
    return _FLOOR.normalize(value) if value.as_tuple().digits[-1] == 0 else value
