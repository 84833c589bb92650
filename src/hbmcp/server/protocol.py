"""What the server says: of itself, in tools/list, and in tools/call."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolRequestParams, Icon, PaginatedRequestParams

from hbmcp import __version__
from hbmcp.errors import UnknownTool
from hbmcp.server.ending import SHUTDOWN
from hbmcp.server.introduction import DESCRIPTION, ICON, instructions
from hbmcp.server.line import Line, client, holder_of
from hbmcp.server.prompts_and_resources import serve_beside_tools

if TYPE_CHECKING:
    from hbmcp.bridge import Outcome
    from hbmcp.policy.confirmation.answer import Ask

IDEMPOTENCY_KEY = "hbmcp/idempotency_key"  # in a call's _meta: what was sent under one isn't sent again for a day
ENDING = "This server is being stopped. Nothing was done. Call again in a moment, when it or another runs."
CHANGING = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)


def result(text: str, *, is_error: bool) -> dict[str, Any]:
    """Of a tools/call."""
    return {"resultType": "complete", "content": [{"type": "text", "text": text}], "isError": is_error}


class _Server(Server[Line]):
    """Says over either transport that its lists may change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        return super().create_initialization_options(
            notification_options or CHANGING, experimental_capabilities, extensions
        )


def build(line: Line) -> Server[Line]:
    """The server of this line, for either transport. The line is closed when it has run."""
    offer = line.offer

    @asynccontextmanager
    async def lifespan(_: Server[Line]) -> AsyncIterator[Line]:
        try:
            yield line
        finally:
            # Shielded: who is cancelled closes too. Bounded: a store that stalls doesn't keep the server.
            line.end()
            with anyio.move_on_after(SHUTDOWN + line.fires, shield=True):
                await line.aclose()

    async def list_tools(ctx: ServerRequestContext[Line], _: PaginatedRequestParams) -> dict[str, Any]:
        line.watch()
        line.list_changes.held_by(ctx.session, "tools")
        gone = line.gone
        # Sent as it stands in the manifest: building and dumping the SDK's models for every tool costs more than the
        # rest.
        return line.listed(
            "tools", [one for one in line.offer_for(holder_of(ctx)).definitions if one["name"] not in gone]
        )

    async def call_tool(ctx: ServerRequestContext[Line], params: CallToolRequestParams) -> dict[str, Any]:
        if line.ending:
            return result(ENDING, is_error=True)
        try:
            line.offer_for(holder_of(ctx)).find(params.name)
        except UnknownTool as error:
            # One that is known is told of as the result of its call, which every client shows to its model.
            if params.name in offer.catalog.absent or params.name in offer.catalog.removed:
                return result(str(error), is_error=True)
            if params.name not in offer.catalog.names:
                raise MCPError(INVALID_PARAMS, str(error)) from None
        else:
            line.bridge.compare()
        meta: Mapping[str, Any] = ctx.meta or {}
        wanted = meta.get("progress_token") is not None
        holder = holder_of(ctx)
        bridge = line.bridge_for(holder)
        from hbmcp.server.elicitation import called

        with line.calling(offer.catalog.names[params.name], client(ctx)) as under_way:

            async def call(ask: "Ask") -> "Outcome":
                under_way.outcome = await bridge.call(
                    params.name,
                    params.arguments or {},
                    ctx.session.report_progress if wanted else None,
                    client=client(ctx),
                    key=meta.get(IDEMPOTENCY_KEY),
                    ask=ask,
                    until=None if holder is None else holder.until,
                )
                return under_way.outcome

            answer = await called(ctx, params, line, bridge, call)
        line.watch()
        return answer

    server = _Server(
        "hbmcp",
        version=__version__,
        title="Hummingbot",
        description=DESCRIPTION,
        icons=[Icon(src=ICON, mime_type="image/svg+xml", sizes=["any"])],
        instructions=instructions(line.settings),
        lifespan=lifespan,
        # Without it the SDK would walk tools/list at every call over HTTP.
        get_tool_input_schema=offer.schema,
    )
    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    serve_beside_tools(server, line)
    return server
