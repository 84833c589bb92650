"""completion/complete: of a prompt's arguments and a resource's place. Imported at the first."""

from collections.abc import Callable
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CompleteRequestParams, PromptReference, ResourceTemplateReference

from hbmcp.catalog import INSTALLATION
from hbmcp.completion import MOST, matching
from hbmcp.server.line import Context, Line, holder_of
from hbmcp.server.prompts import find, prompts_for
from hbmcp.server.resources import resources_for
from hbmcp.server.switchboard import Switchboard
from hbmcp.text import named


async def completed(ctx: Context, board: Switchboard, params: CompleteRequestParams) -> dict[str, Any]:
    """The result. Raises MCPError for a prompt or a template that isn't offered."""
    name = params.argument.name
    given = dict((params.context and params.context.arguments) or {})
    names, line, fits = _fixed(ctx, board, params.ref, name, given)
    if names is None:
        names = await line.completion.names(line.bridge_for(holder_of(ctx)), name, given)
    found = matching(list(filter(fits, names)), params.argument.value)
    return {
        "resultType": "complete",
        "completion": {"values": found[:MOST], "total": len(found), "hasMore": len(found) > MOST},
    }


def _fixed(
    ctx: Context, board: Switchboard, ref: PromptReference | ResourceTemplateReference, name: str, given: dict[str, str]
) -> tuple[list[str] | None, Line, Callable[[str], object]]:
    """What an argument can be, where that is known without the API; None where it is to be asked; of what; and which of
    them the prompt takes."""
    if isinstance(ref, PromptReference):
        lines = board.reached(holder_of(ctx))
        meant = lines.get(given.pop(INSTALLATION, ""))
        line = meant or next(iter(lines.values()))
        if name == INSTALLATION:
            return [one for one in lines if one], line, bool
        argument = find(prompts_for(ctx, line), ref.name).prompt.arguments.get(name)
        values = [] if argument is None else list(argument.values) or None
        fits = argument.read if argument else bool
        return ([] if meant is None and values is None else values), line, fits  # the first one's names are no other's
    for one, line in resources_for(ctx, board):
        if one.uri == ref.uri:
            schema = line.offer.schema(one.tool) or {}
            return (schema["properties"].get(name, {}).get("enum") if name in one.variables else []), line, bool
    raise MCPError(
        INVALID_PARAMS,
        f"No resource template {named(ref.uri)} is offered here. Nothing was done. "
        "resources/templates/list has what there is.",
    )
