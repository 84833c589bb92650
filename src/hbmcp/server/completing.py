"""completion/complete: of a prompt's arguments and a resource's place. Imported at the first."""

from typing import Any

from mcp.types import CompleteRequestParams, PromptReference

from hbmcp.completion import MOST, matching
from hbmcp.server.line import Context, Line, holder_of
from hbmcp.server.prompts import find, prompts_for


async def completed(ctx: Context, line: Line, params: CompleteRequestParams) -> dict[str, Any]:
    """The result. Raises MCPError for a prompt that isn't offered."""
    name = params.argument.name
    names: list[str] = []
    if isinstance(params.ref, PromptReference):
        argument = find(prompts_for(ctx, line), params.ref.name).prompt.arguments.get(name)
        names = [] if argument is None else list(argument.values)
        if argument is not None and not names:
            given = (params.context and params.context.arguments) or {}
            names = await line.completion.names(line.bridge_for(holder_of(ctx)), name, given)
    found = matching(names, params.argument.value)
    return {
        "resultType": "complete",
        "completion": {"values": found[:MOST], "total": len(found), "hasMore": len(found) > MOST},
    }
