"""Times as they may be written: a time, or how long from now."""

import re
from decimal import Decimal

from hbmcp.errors import BadArguments
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.text import named
from hbmcp.times import to_milliseconds

_LENGTH = re.compile(r"\+?(\d{1,6}(?:\.\d{1,6})?) ?([smhdw])")
_MILLISECONDS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def parse_moment(name: str, text: str, now: int) -> int:
    """Epoch ms of a time to come, or of a length of time from now. Raises BadArguments."""
    moment: int | None
    if length := _LENGTH.fullmatch(text.strip()):
        moment = now + int(Decimal(length[1]) * _MILLISECONDS[length[2]])
    else:
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
