"""Holdings summed up, and how their value is distributed. No I/O."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Any

from attrs import frozen

from hbmcp.figures import cents, percent, plain
from hbmcp.installation.portfolio.holdings import Holding

DUST = Decimal("0.01")  # USDT

Row = dict[str, Any]


@frozen
class HoldingSum:
    """Holdings that have something in common, by which `names` names them. `value` is that of those with a price."""

    names: tuple[str, ...]
    parts: tuple[Holding, ...]

    @property
    def value(self) -> Decimal | None:
        """In USDT; None where none of them has a price."""
        values = [part.value for part in self.parts if part.value is not None]
        return total(values) if values else None

    @property
    def is_dust(self) -> bool:
        """Whether it is worth next to nothing, for certain."""
        return all(part.value is not None for part in self.parts) and abs(self.value or Decimal(0)) < DUST


def total(values: Iterable[Decimal]) -> Decimal:
    """The sum, exact to 50 digits: of a coin with 18 places somebody may have billions."""
    with localcontext(prec=50):
        return sum(values, Decimal(0))


def total_value(holdings: Iterable[Holding]) -> Decimal:
    """The value of all that have a price, in USDT."""
    return total(one.value for one in holdings if one.value is not None)


def sum_holdings(holdings: Iterable[Holding], names: Callable[[Holding], tuple[str, ...]]) -> list[HoldingSum]:
    """The holdings by what `names` calls them, the most valuable first, those without any price last."""
    sums = [HoldingSum(key, tuple(parts)) for key, parts in groupby(sorted(holdings, key=names), names)]
    return sorted(sums, key=lambda one: (one.value is None, -(one.value or 0), one.names))


def value_row(one: HoldingSum, columns: Sequence[str], whole: Decimal) -> Row:
    """Names under these columns, and its value with its share of the whole."""
    value = one.value
    return {
        **dict(zip(columns, one.names, strict=True)),
        "value": None if value is None else cents(value),
        "percent_of_total_value": None if value is None else percent(value, whole),
    }


def token_rows(sums: Iterable[HoldingSum], columns: Sequence[str], whole: Decimal) -> list[Row]:
    """Sums of one token each."""
    return [_token_row(one, columns, whole) for one in sums]


def _token_row(one: HoldingSum, columns: Sequence[str], whole: Decimal) -> Row:
    """A sum of one token, with its units; the price where it is one."""
    units = total(part.units for part in one.parts)
    free = [part.available for part in one.parts if part.available is not None]
    held = total(part.held for part in one.parts if part.held is not None)
    prices = {part.price for part in one.parts}
    known = len(free) == len(one.parts)
    rest = value_row(one, columns, whole)
    return {
        **{column: rest.pop(column) for column in columns},
        "units": plain(units),
        "available": plain(total(free)) if known else None,
        "held": plain(held) if known else None,
        "price": prices.pop() if len(prices) == 1 else None,
        **rest,
    }


def split_dust(sums: Sequence[HoldingSum]) -> tuple[list[HoldingSum], list[HoldingSum]]:
    """Those to show, and the dust, where there is enough of it for a sentence to be shorter than its rows."""
    dust = [one for one in sums if one.is_dust]
    return (list(sums), []) if len(dust) < 3 else ([one for one in sums if not one.is_dust], dust)
