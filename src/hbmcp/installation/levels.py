"""Levels as they may be written: a number, or an offset in percent."""

import re
from decimal import Decimal
from typing import Literal

from attrs import frozen

from hbmcp.errors import BadArguments
from hbmcp.figures import number, plain, times
from hbmcp.text import named

SIGNED = "A percentage is the gain, below 0 the loss, also of what is sold short."  # of an exit

_OFFSET = re.compile(r"([+-])?\s*(\d{1,6}(?:\.\d{1,8})?)\s*%")


@frozen
class Level:
    """`fixed`, or `percent` (-3 for -3 %, with its sign if it had one) of something else."""

    fixed: Decimal | None = None
    percent: Decimal | None = None
    signed: bool = False

    def of(self, base: Decimal) -> Decimal:
        """The level itself; an offset counts from `base`."""
        if self.percent is None:
            return self.fixed or Decimal(0)
        return plain(times(base, 1 + self.percent / 100))

    def as_exit(self, kind: Literal["stop", "target"], side: Literal["LONG", "SHORT"], entry: Decimal) -> Decimal:
        """The price at which a position of that side, entered at `entry`, ends."""
        return Level(self.fixed, self.move(kind, side)).of(entry)

    def move(self, kind: Literal["stop", "target"], side: Literal["LONG", "SHORT"]) -> Decimal | None:
        """By how many percent of its entry the price moves until a position of that side ends: a percentage is its
        gain, below 0 its loss, and a stop's without a sign is a loss. None for what is fixed."""
        if self.percent is None:
            return None
        gain = -self.percent if kind == "stop" and not self.signed else self.percent
        return gain if side == "LONG" else -gain


def parse_level(name: str, text: str, undone: str) -> Level:
    """Raises BadArguments, which says what was left undone, for what is neither a number nor a percentage."""
    if offset := _OFFSET.fullmatch(text.strip()):
        return Level(percent=Decimal((offset[1] or "") + offset[2]), signed=offset[1] is not None)
    if (fixed := number(text.strip())) is not None:
        return Level(fixed=fixed)
    raise BadArguments(f"{name} can't be {named(text)}.", undone, 'Give a number, "45000", or a percentage, "-5%".')
