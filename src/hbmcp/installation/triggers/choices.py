"""Arguments that are one of a few words, and numbers that have bounds: definitions leave both out to stay short."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar, get_args

from hbmcp.errors import BadArguments
from hbmcp.installation.positions.position import Basis, Side
from hbmcp.installation.triggers.condition import Of, PriceKind
from hbmcp.text import named

T = TypeVar("T", bound=str)
N = TypeVar("N", int, Decimal)

NOTHING_SET = "Nothing was set."

WATCHED: Sequence[Of] = get_args(Of)
PRICES: Sequence[PriceKind] = get_args(PriceKind)
SIDES: Sequence[Side] = get_args(Side)
BASES: Sequence[Basis] = get_args(Basis)


def one_of(name: str, value: str | None, known: Sequence[T]) -> T | None:
    """The word that is meant, however it is capitalised; None for None. Raises BadArguments for another."""
    if value is None:
        return None
    found = next((one for one in known if one.casefold() == value.strip().casefold()), None)
    if found is None:
        raise BadArguments(f"{name} can't be {named(value)}.", NOTHING_SET, f"It is {', '.join(known)}.")
    return found


def between(name: str, value: N | None, least: int, most: int) -> N | None:
    """The number; None for None. Raises BadArguments for one outside these bounds, which are its own."""
    if value is not None and not least <= value <= most:
        raise BadArguments(f"{name} can't be {value}.", NOTHING_SET, f"It is {least} to {most}.")
    return value
