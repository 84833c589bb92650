"""The source of controllers and scripts: shown a part at a time, saved only where it is theirs alone."""

import re

from hbmcp.errors import BadArguments
from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp.results.rendering import marks_of_ours
from hbmcp.text import quoted
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json

AT_ONCE = 30_000  # characters
WHICH = "Lines {} to {} of {}."
_WHICH = re.compile("^" + re.escape(WHICH).replace(r"\{\}", r"\d+"), re.MULTILINE)


def part(source: str, offset: int, lines: int | None) -> Answer:
    """The lines from `offset` (1 is the first) on, as many as are wanted and fit; which they are stands under them.

    Raises BadArguments where there is no such line.
    """
    whole = source.splitlines(keepends=True)
    if offset > max(1, len(whole)):
        raise BadArguments(f"The source has {len(whole)} lines, and none from {offset} on.", advice="Ask from 1 on.")
    shown: list[str] = []
    room = AT_ONCE
    for line in whole[offset - 1 :][:lines]:
        room -= len(line)
        if room < 0 and shown:
            break
        shown.append(line)
    last = offset - 1 + len(shown)
    if len(shown) == len(whole):
        return Answer(source, outside=True)
    more = f" For more: offset={last + 1}." if last < len(whole) else ""
    return Answer("".join(shown), (f"{WHICH.format(offset, last, len(whole))}{more}",), outside=True)


def refuse_marks(source: str, shown_by: str) -> None:
    """Raises BadArguments for source that was copied together with what hbmcp put around it or in its place."""
    if marks := marks_of_ours(source) or _WHICH.findall(source):
        raise BadArguments(
            f"The code holds {quoted(marks[0])}, which hbmcp wrote where it showed or cut it.",
            "Nothing was saved.",
            f"Read all of it with {shown_by} and its offset, and save it without that.",
        )


def saving(what: str, source: str, *, replaces: bool) -> str:
    """What saving it does, in words."""
    lines = len(source.splitlines())
    return f"{'replace' if replaces else 'save'} {what} with {lines} line{'' if lines == 1 else 's'} of code"


def saving_plan(request: PlannedRequest, unchecked: str) -> Plan:
    """The request saves the source, and the API's word is all that is known then."""

    async def commit(installation: Installation) -> Answer:
        return Answer(await installation.send(request, _said_of_it), (unchecked,))

    return Plan(Answer(request.unsent, (unchecked,)), (request,), commit)


def _said_of_it(answer: Json) -> str:
    """What the API says of source that it took: that it took it is certain even where it says nothing."""
    try:
        return f"The API says: {quoted(under('message', text)(answer))}."
    except UnexpectedShape:
        return "The API took it, and says nothing of it."
