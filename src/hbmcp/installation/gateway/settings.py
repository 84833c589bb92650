"""Changing Gateway's settings, of which it may take some and not others while the API says that all were updated."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import BadArguments
from hbmcp.errors.reasons import tidy
from hbmcp.installation.answer_fields import Fields, anything, array, text
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp.results.secrets_in_text import scrubbed
from hbmcp.text import named, quoted

RESTART = "What was changed takes effect after restart_gateway, and then only once list_networks answers."


def refuse_nothing(tool: str, updates: Mapping[str, Any]) -> None:
    """Raises BadArguments where there is nothing to change: Gateway would call that an update."""
    if not updates:
        raise BadArguments(f"{tool} was given no setting to change.", "Nothing was sent.", "Name one in updates.")


def change(updates: Mapping[str, Any], of: str) -> str:
    """What changing them does, in words: their names, for a value can be a key."""
    return f"change {', '.join(map(named, updates))} of {of}"


def change_plan(updates: Mapping[str, Any], request: PlannedRequest) -> Plan:
    """The request changes them. The commit raises what sending raises, and so Failed where none was taken."""

    async def commit(installation: Installation) -> Answer:
        return _changed(updates, await installation.send(request))

    return Plan(Answer(request.unsent, (RESTART,)), (request,), commit)


def _changed(updates: Mapping[str, Any], answer: Any) -> Answer:
    """Which settings were taken, by their names."""
    told = Fields(answer if isinstance(answer, dict) else {})
    results = told.known("results", array(anything))
    if results is None or len(results) != len(updates):
        said = told.known("message", text)
        return Answer(f"The API says: {quoted(said)}." if said else answer, (RESTART,))
    taken, refused = [], {}
    for name, result in zip(updates, results, strict=True):  # Gateway was asked for one after the other
        if isinstance(result, dict) and not result.get("error"):
            taken.append(name)
        else:
            refused[name] = (
                scrubbed(tidy(str(result["error"]))) if isinstance(result, dict) else "Gateway gave no answer to it"
            )
    if not refused:
        return Answer({"changed": taken}, (RESTART,))
    return Answer(
        {"changed": taken, "not_changed": refused}, (f"Only {len(taken)} of {len(updates)} changed.", RESTART)
    )
