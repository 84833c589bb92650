"""The requests for resources. Imported at the first."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, ReadResourceRequestParams

from hbmcp.resources.resource import MIME_TYPE, RESOURCES, Resource
from hbmcp.server.line import Context, Line, client, holder_of
from hbmcp.text import named

if TYPE_CHECKING:
    from hbmcp.bridge import Outcome


def resources_for(ctx: Context, line: Line) -> Iterator[Resource]:
    """Those that who asks may read: whose tool they have, and this API; what is hbmcp's own is everybody's."""
    offer, gone = line.offer_for(holder_of(ctx)), line.gone
    for one in RESOURCES:
        if not one.tool or (one.tool not in gone and offer.schema(one.tool) is not None):
            yield one


async def read(ctx: Context, line: Line, params: ReadResourceRequestParams) -> dict[str, Any]:
    """The result of resources/read. Raises MCPError."""
    from hbmcp.server.protocol import ENDING

    found, arguments = find(ctx, line, params.uri)
    if line.ending:
        raise MCPError(INTERNAL_ERROR, ENDING)
    outcome = await _read(ctx, line, found, arguments)
    line.watch()
    if outcome.is_error:
        raise MCPError(INTERNAL_ERROR, outcome.text, {"uri": params.uri})
    contents = [{"uri": params.uri, "mimeType": MIME_TYPE, "text": outcome.text}]
    return {"resultType": "complete", "contents": contents, "ttlMs": 0, "cacheScope": "private"}


def find(ctx: Context, line: Line, uri: str) -> tuple[Resource, dict[str, Any]]:
    """The resource at an address, and its tool's arguments. Raises MCPError where none is offered."""
    for one in resources_for(ctx, line):
        if (arguments := one.arguments(uri)) is not None:
            return one, arguments
    raise MCPError(
        INVALID_PARAMS,
        f"No resource {named(uri)} is offered here. Nothing was done. resources/list has what there is.",
        {"uri": uri},
    )


async def _read(ctx: Context, line: Line, found: Resource, arguments: dict[str, Any]) -> "Outcome":
    bridge = line.bridge_for(holder_of(ctx)).for_resources()
    if found.own == "policy":
        return await bridge.holds()
    if found.own == "audit":
        return await bridge.calls()
    bridge.compare()
    with line.calling(line.offer.catalog.names[found.tool], client(ctx)) as under_way:
        under_way.outcome = await bridge.call(found.tool, arguments, client=client(ctx))
    return under_way.outcome
