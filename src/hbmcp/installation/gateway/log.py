"""Gateway's log, in which the causes stand that the API doesn't pass on."""

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.errors.reasons import in_words
from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.text import quoted, visible
from hbmcp_tools import gateway

LINES = 60
PATIENCE = 5.0  # seconds: an error that is known already waits for no more than that
RECENT = timedelta(minutes=2)
MOST = 3
LONGEST = 300  # characters of a line

_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\s*\|\s*(\w+)\s*\|\s*(.*)")


@frozen
class Line:
    """`at` is by Gateway's own clock, whose zone nobody tells."""

    at: datetime
    level: str
    said: str


def read(log: str) -> Iterator[Line]:
    """The lines that have a time and a level; not the rest of what spans several."""
    for line in visible(log).split("\n"):
        if found := _LINE.match(line):
            try:
                yield Line(datetime.fromisoformat(found[1]), found[2].lower(), found[3].strip())
            except ValueError:
                continue


def last_errors(log: str) -> list[Line]:
    """Up to MOST different errors, from the last minutes before the log's end, the newest last."""
    lines = list(read(log))
    errors = {line.said: line for line in lines if line.level == "error" and line.at >= lines[-1].at - RECENT}
    return list(errors.values())[-MOST:]


async def causes(installation: Installation) -> str:
    """A sentence that quotes Gateway's last errors, or says that it has none or can't be read. The caller uses
    get_gateway_logs."""
    try:
        async with asyncio.timeout(PATIENCE):
            logs = await installation.read(under("logs", text), gateway.get_gateway_logs, lines=LINES)
    except (CallError, TimeoutError):
        return "Gateway's log, which would tell the cause, couldn't be read."
    if not (errors := last_errors(logs)):
        return "Gateway's log (get_gateway_logs) shows no error of late."
    quotes = "; ".join(f"{line.at:%H:%M:%S} {quoted(in_words(scrubbed(line.said)), LONGEST)}" for line in errors)
    return f"Gateway's log ends with these errors, by its own clock: {quotes}."


async def explained(installation: Installation, error: CallError) -> CallError:
    """The same error, with what Gateway's log says of it. The caller uses get_gateway_logs."""
    return type(error)(f"{error.happened} {await causes(installation)}", error.undone, error.advice)
