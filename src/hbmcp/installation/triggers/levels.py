"""Levels and times as they may be written: a number, an offset in percent, a time, or how long from now."""

import re
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import BadArguments
from hbmcp.figures import number, plain, times
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.text import named
from hbmcp.times import to_milliseconds

_OFFSET = re.compile(r"([+-])?\s*(\d{1,6}(?:\.\d{1,8})?)\s*%")
_LENGTH = re.compile(r"\+?(\d{1,6}(?:\.\d{1,6})?) ?([smhdw])")
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


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


def parse_level(name: str, text: str) -> Level:
    """Raises BadArguments for what is neither a number nor a percentage."""
    if offset := _OFFSET.fullmatch(text.strip()):
        return Level(percent=Decimal((offset[1] or "") + offset[2]), signed=offset[1] is not None)
    if (fixed := number(text.strip())) is not None:
        return Level(fixed=fixed)
    raise BadArguments(
        f"{name} can't be {named(text)}.", NOTHING_SET, 'Give a number, "45000", or a percentage, "-5%".'
    )


def parse_moment(name: str, text: str, now: int) -> int:
    """Epoch ms of a time to come, or of a length of time from now. Raises BadArguments."""
    if length := _LENGTH.fullmatch(text.strip()):
        return now + int(Decimal(length[1]) * _MILLISECONDS[length[2]])
    try:
        moment = to_milliseconds(text)
    except ValueError:
        moment = None
    if moment is None or moment <= now:
        what = "no time" if moment is None else "past"
        raise BadArguments(
            f"{name} can't be {named(text)}: that is {what}.",
            NOTHING_SET,
            "Give an ISO time, UTC where it has no zone, or how long from now: 30m, 4h, 30d.",
        )
    return moment
