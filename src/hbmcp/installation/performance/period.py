"""The period that a performance is of, as it may be written."""

import re

from hbmcp.errors import BadArguments
from hbmcp.times import now, to_milliseconds, utc

_LENGTH = re.compile(r"[0-9.]+ ?[a-z]")


def parse_period(period: str, end_time: str | None) -> tuple[int, int]:
    """Epoch milliseconds of start and end. An age is a length here: 24h is the 24 hours before the end, which is no
    later than now. Raises BadArguments where the start isn't before the end."""
    moment = now()
    end = moment if end_time is None else min(to_milliseconds(end_time), moment)
    start = to_milliseconds(period)
    if _LENGTH.fullmatch(period.strip()):
        start += end - moment
    if start >= end:
        raise BadArguments(
            f"The period would begin {utc(start)} and end {utc(end)}.", "Nothing was sent.", "Correct its times."
        )
    return start, end
