"""What the server says: of itself, in tools/list, and in tools/call."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolRequestParams, PaginatedRequestParams

from hbmcp import __version__
from hbmcp.catalog import Offer
from hbmcp.errors import UnknownTool
from hbmcp.server.ending import SHUTDOWN
from hbmcp.server.introduction import instructions
from hbmcp.server.line import Line
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy

IDEMPOTENCY_KEY = "hbmcp/idempotency_key"  # in a call's _meta: what was sent under one isn't sent again for a day
# The list stays as it is while the server runs, but for what the API turns out to lack. Private, for another server at
# the same address may offer other tools.
LIST_TTL_MS = 5 * 60 * 1000


def build(settings: Settings, offer: Offer, policy: "Policy | None", name: str) -> Server[Line]:
    """The server, for either transport. Without a policy the default one holds. By `name` others are told who
    watches the triggers."""
    # Sent as it stands in the manifest: building and dumping the SDK's models for every tool costs more than the rest.
    listing = {
        "resultType": "complete",
        "tools": offer.definitions,
        "ttlMs": LIST_TTL_MS,
        "cacheScope": "private",
    }

    @asynccontextmanager
    async def lifespan(_: Server[Line]) -> AsyncIterator[Line]:
        line = Line(offer, settings, policy, name)
        try:
            yield line
        finally:
            # Shielded: who is cancelled closes too. Bounded: a store that stalls doesn't keep the server.
            with anyio.move_on_after(SHUTDOWN, shield=True):
                await line.aclose()

    async def list_tools(ctx: ServerRequestContext[Line], _: PaginatedRequestParams) -> dict[str, Any]:
        ctx.lifespan_context.watch()
        gone = ctx.lifespan_context.gone
        return {**listing, "tools": [one for one in offer.definitions if one["name"] not in gone]} if gone else listing

    async def call_tool(ctx: ServerRequestContext[Line], params: CallToolRequestParams) -> dict[str, Any]:
        try:
            offer.find(params.name)
        except UnknownTool as error:
            # One that is switched off is told as the result of its call, which every client shows to its model.
            if params.name not in offer.catalog.names and params.name not in offer.catalog.absent:
                raise MCPError(INVALID_PARAMS, str(error)) from None
        meta: Mapping[str, Any] = ctx.meta or {}
        wanted = meta.get("progress_token") is not None
        ctx.lifespan_context.bridge.compare()
        outcome = await ctx.lifespan_context.bridge.call(
            params.name,
            params.arguments or {},
            ctx.session.report_progress if wanted else None,
            client=ctx.session.client_params.client_info.name if ctx.session.client_params else "",
            key=meta.get(IDEMPOTENCY_KEY),
        )
        ctx.lifespan_context.watch()
        return {
            "resultType": "complete",
            "content": [{"type": "text", "text": outcome.text}],
            "isError": outcome.is_error,
        }

    server = Server(
        "hbmcp",
        version=__version__,
        title="Hummingbot",
        instructions=instructions(settings),
        lifespan=lifespan,
        # Without it the SDK would walk tools/list at every call over HTTP.
        get_tool_input_schema=offer.schema,
    )
    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    return server
