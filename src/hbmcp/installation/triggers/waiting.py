"""Waiting for a condition within one call."""

import asyncio

from attrs import evolve, frozen

from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.asked_condition import Met, met
from hbmcp.installation.triggers.belief import believed
from hbmcp.installation.triggers.readings import EVERY
from hbmcp.times import now, ticking


@frozen
class Waited:
    """A condition as it was last read, that `time` in epoch ms; `failed` is the last reading that came to nothing, ""
    where none did since."""

    last: Met
    time: int
    failed: str = ""


async def wait_until(installation: Installation, first: Met, timeout: float) -> Waited:
    """As soon as it holds, for as long as it must; or as it is after `timeout` seconds. Raises nothing."""
    condition = first.condition
    waited = Waited(first, now())
    ends = ticking() + timeout
    while not waited.last.judged.met and (left := ends - ticking()) > 0:
        await asyncio.sleep(min(EVERY, left))
        value = await believed(installation, condition)
        if isinstance(value, CallError):
            waited = evolve(waited, failed=value.happened)
            continue
        judged = condition.judge(waited.last.judged.memory, value, now())
        waited = Waited(evolve(met(condition, value), judged=judged), now())
    return waited
