"""The requests for resources. Imported at the first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, ReadResourceRequestParams

from hbmcp.resources.resource import MIME_TYPE
from hbmcp.server.ending import ENDING
from hbmcp.server.line import Context, client, holder_of
from hbmcp.server.placed_resources import Placed, placed_resources
from hbmcp.server.switchboard import Switchboard
from hbmcp.text import named

if TYPE_CHECKING:
    from hbmcp.bridge import Outcome


def resources_for(ctx: Context, board: Switchboard) -> Iterator[Placed]:
    """Those that who asks may read."""
    holder = holder_of(ctx)
    return placed_resources(board.reached(holder), holder)


async def read(ctx: Context, board: Switchboard, params: ReadResourceRequestParams) -> dict[str, Any]:
    """The result of resources/read. Raises MCPError."""
    found, arguments = find(ctx, board, params.uri)
    if board.ending:
        raise MCPError(INTERNAL_ERROR, ENDING)
    outcome = await _read(ctx, board, found, arguments)
    board.watch()
    if outcome.is_error:
        raise MCPError(INTERNAL_ERROR, outcome.text, {"uri": params.uri})
    contents = [{"uri": params.uri, "mimeType": MIME_TYPE, "text": outcome.text}]
    return {"resultType": "complete", "contents": contents, "ttlMs": 0, "cacheScope": "private"}


def find(ctx: Context, board: Switchboard, uri: str) -> tuple[Placed, dict[str, Any]]:
    """The resource at an address, and its tool's arguments. Raises MCPError where none is offered."""
    for one in resources_for(ctx, board):
        if (arguments := one.resource.arguments(uri)) is not None:
            return one, arguments
    raise MCPError(
        INVALID_PARAMS,
        f"No resource {named(uri)} is offered here. Nothing was done. resources/list has what there is.",
        {"uri": uri},
    )


async def _read(ctx: Context, board: Switchboard, found: Placed, arguments: dict[str, Any]) -> "Outcome":
    resource, line = found
    bridge = line.bridge_for(holder_of(ctx)).for_resources()
    if resource.own == "policy":
        return await bridge.holds()
    if resource.own == "audit":
        return await bridge.calls()
    with board.calling(board.catalog.names[resource.tool], client(ctx)) as under_way:
        under_way.outcome = await bridge.call(resource.tool, arguments, client=client(ctx))
    return under_way.outcome
