"""Waiting until something holds."""

from typing import Unpack

from hbmcp.errors import BadArguments
from hbmcp.figures import money
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.asked_condition import (
    AskedCondition,
    ConditionArguments,
    held_against_now,
    meant,
)
from hbmcp.installation.triggers.waiting import wait_until
from hbmcp.results.answer import Answer
from hbmcp.times import utc


async def wait_for(installation: Installation, *, timeout: int = 60, **condition: Unpack[ConditionArguments]) -> Answer:
    """Whether it holds, the value and its time. Raises BadArguments for what can't be meant, and CallError where not
    even the first value can be read."""
    asked = AskedCondition.of(**condition)
    if len(asked.sides) > 1:
        raise BadArguments("Both above and below came.", "Nothing was waited for.", "create_trigger takes both.")
    first = await held_against_now(installation, await meant(installation, asked))
    waited = await wait_until(installation, first, timeout)
    last = waited.last
    words = last.condition.words
    said = f"{words[0].upper()}{words[1:]}." if last.judged.met else f"Not within {timeout} s: {words}."
    shown = {"result": said, "value": money(last.value), "time": utc(waited.time)}
    if last.condition.of == "time":
        del shown["value"]
    return Answer(shown, (f"The last reading failed: {waited.failed}" if waited.failed else "",))
