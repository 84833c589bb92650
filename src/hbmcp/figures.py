"""Exact arithmetic for workflows, and the rounding of what it gives.

What the API sent is shown digit for digit. What is computed from it is shown with 8 significant digits, money never
coarser than a cent, what something is worth in dollars to the cent, and a share or a change in percent with at most
two places.
No figure ends in zeros that say nothing, so the same one has the same digits in every tool.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from hbmcp.pairs import DOLLARS

_EXACT = Context(prec=50)  # 18 places on either side of the point, multiplied
_SHOWN = 8
_CENT = Decimal("0.01")


def number(value: Any) -> Decimal | None:
    """A number as the API sends it, or a string of one; None for null, what isn't one, NaN and infinity."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def money(value: Decimal) -> Decimal:
    """An amount or a price that was computed: 8 significant digits, and no coarser than a cent."""
    if not value:
        return Decimal(0)
    return plain(_rounded(value, min(Decimal(1).scaleb(value.adjusted() - _SHOWN + 1), _CENT)))


def cents(value: Decimal) -> Decimal:
    """A value in USDT that was computed: to the cent, and below 1 as any money."""
    return plain(_rounded(value, _CENT)) if abs(value) >= 1 else money(value)


def worth(value: Decimal, currency: str) -> Decimal:
    """What something is worth in a currency, computed: in dollars to the cent, as `cents`; in others as any money."""
    return cents(value) if currency in DOLLARS else money(value)


def percent(part: Decimal, whole: Decimal, places: int = 2) -> Decimal | None:
    """100 part / |whole| with at most so many places; None where the whole is nothing."""
    return in_percent(ratio(part, whole.copy_abs()), places) if whole else None


def in_percent(fraction: Decimal, places: int) -> Decimal:
    """A fraction in percent, with at most so many places."""
    return plain(_rounded(times(fraction, Decimal(100)), Decimal(1).scaleb(-places)))


def gigabytes(size: int | Decimal) -> Decimal:
    """A size in bytes in GB (10^9 bytes), with at most one place."""
    return plain(_rounded(Decimal(size) / 10**9, Decimal("0.1")))


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """part / whole, exact to 50 digits. Raises ArithmeticError where the whole is nothing."""
    return _EXACT.divide(part, whole)


def plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end, without an exponent above 0, and without a sign if it is 0."""
    if not value:
        return Decimal(0)
    digits = f"{value:f}"
    return Decimal(digits.rstrip("0").rstrip(".") if "." in digits else digits)


def times(*factors: Decimal) -> Decimal:
    """The product, exact to 50 digits."""
    product = Decimal(1)
    for factor in factors:
        product = _EXACT.multiply(product, factor)
    return product


def _rounded(value: Decimal, place: Decimal) -> Decimal:
    """To that place; what is too long for it is left as it is. No -0."""
    try:
        rounded = value.quantize(place, ROUND_HALF_EVEN, _EXACT)
    except InvalidOperation:
        return value
    return rounded if rounded else rounded.copy_abs()
