"""What an acting tool of a plugin is planned with."""

from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec

from hbmcp.catalog import Catalog
from hbmcp.errors import CallError, Failed, OutcomeUnknown
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, sendable
from hbmcp.results.answer import Answer
from hbmcp.results.cells import compact
from hummingbot_api.request import Request

P = ParamSpec("P")


def planned(build: Callable[P, Request[Any]], /, *args: P.args, **kwargs: P.kwargs) -> PlannedRequest:
    """A generated tool's request, `planned(executors.submit_executor_stop, executor_id="x")`, with the effect that it
    has at worst and what it is about, as both are curated. Raises BadArguments for what can't be sent."""
    tool = _tools().tools[build.__name__]
    with sendable():
        return PlannedRequest.plain(tool, build(*args, **kwargs), kwargs)


def in_turn(*calls: Foreseen) -> Plan:
    """The plan of calls that `installation.foresee` planned: all are judged together, and then carried out one after
    another. One that fails ends it, and its error tells what was done before."""

    async def commit(installation: Installation) -> Answer:
        came: list[Answer] = []
        for one in calls:
            try:
                if one.commit is not None:
                    came.append(await one.commit(installation))
            except CallError as error:
                if not came:
                    raise
                kind = OutcomeUnknown if isinstance(error, OutcomeUnknown) else Failed
                done = "; ".join(compact(answer.value) for answer in came)
                raise kind(
                    f"{len(came)} of {len(calls)} were carried out: {done}. Then: {error.happened}",
                    error.undone,
                    error.advice,
                ) from None
        return _together(came)

    requests = tuple(request for one in calls for request in one.requests)
    later = tuple(armed for one in calls for armed in one.later)
    return Plan(_together([one.shown for one in calls]), requests, commit if requests else None, later)


def _together(answers: list[Answer]) -> Answer:
    """Several answers as one: a row each, and each note once."""
    if len(answers) == 1:
        return answers[0]
    notes = tuple(dict.fromkeys(note for one in answers for note in one.notes))
    return Answer([one.value for one in answers], notes)


@cache
def _tools() -> Catalog:
    return Catalog.load()
