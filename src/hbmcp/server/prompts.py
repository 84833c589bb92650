"""The requests for prompts, and for what completes their arguments. Imported at the first."""

from collections.abc import Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, GetPromptRequestParams

from hbmcp.catalog import INSTALLATION, Tool
from hbmcp.did_you_mean import nearest
from hbmcp.errors import BadArguments
from hbmcp.prompts.offered import Offered, offered
from hbmcp.server.line import Context, Line, holder_of
from hbmcp.server.switchboard import Switchboard
from hbmcp.text import named


def prompts_for(ctx: Context, line: Line) -> dict[str, Offered]:
    """What is offered to who asks, by name."""
    holder = holder_of(ctx)

    def may(tool: Tool) -> bool:
        return holder is None or holder.rights.has(tool, line.offer.catalog.toolset_names)

    return {one.prompt.name: one for one in offered(line.offer_for(holder), line.gone, may)}


def definitions(ctx: Context, board: Switchboard) -> list[dict[str, Any]]:
    """What prompts/list sends: each prompt with the installations that it is offered for, where there are several, as
    it is where its toolset is on."""
    best: dict[str, Offered] = {}
    where: dict[str, list[str]] = {}
    for place, line in board.reached(holder_of(ctx)).items():
        for name, one in prompts_for(ctx, line).items():
            best[name] = one if name not in best or best[name].off else best[name]
            where.setdefault(name, []).append(place)
    found = {name: one.definition for name, one in best.items()}
    for name, definition in found.items():
        if "" not in where[name]:
            which = {"name": INSTALLATION, "description": " or ".join(where[name]), "required": True}
            definition["arguments"] = [which, *definition["arguments"]]
    return list(found.values())


def got(ctx: Context, board: Switchboard, params: GetPromptRequestParams) -> dict[str, Any]:
    """The result of prompts/get. Raises MCPError."""
    from hbmcp.prompts.rendering import rendered

    try:
        line, arguments = board.put_through(params.arguments or {}, holder_of(ctx))
    except BadArguments as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    found = find(prompts_for(ctx, line), params.name)
    holder = holder_of(ctx)
    offer = line.offer_for(holder)
    tools = {tool.name for tool in offer.tools if tool.name not in line.gone}
    try:
        text = rendered(found, arguments, tools)
    except BadArguments as error:
        raise MCPError(INVALID_PARAMS, str(error)) from None
    if line.discovery is not None and (how := line.discovery.ways(text, offer, holder)):
        text = f"{text}\n{how}"
    if named_one := line.settings.name:
        text = f"{text}\n\nIn each call {INSTALLATION} is {named_one}."
    return {
        "resultType": "complete",
        "description": found.prompt.description,
        "messages": [{"role": "user", "content": {"type": "text", "text": text}}],
    }


def find(prompts: Mapping[str, Offered], name: str) -> Offered:
    """The prompt of this name. Raises MCPError where none is offered."""
    if name in prompts:
        return prompts[name]
    near = nearest(name, prompts, most=3)
    advice = f" Did you mean {' or '.join(near)}?" if near else ""
    raise MCPError(INVALID_PARAMS, f"No prompt {named(name)} is offered here. Nothing was done.{advice}")
