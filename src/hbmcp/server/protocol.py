"""What the server says: of itself, in tools/list, and in tools/call."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.models import InitializationOptions
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, CallToolRequestParams, Icon, PaginatedRequestParams
from opentelemetry.trace import ProxyTracerProvider, get_tracer_provider

from hbmcp import __version__
from hbmcp.errors import CallError, UnknownTool
from hbmcp.server.ending import ENDING, SHUTDOWN
from hbmcp.server.introduction import DESCRIPTION, ICON, instructions
from hbmcp.server.line import client, holder_of
from hbmcp.server.prompts_and_resources import serve_beside_tools
from hbmcp.server.result import result
from hbmcp.server.switchboard import Switchboard

if TYPE_CHECKING:
    from hbmcp.bridge import Outcome
    from hbmcp.policy.confirmation.answer import Ask

IDEMPOTENCY_KEY = "hbmcp/idempotency_key"  # in a call's _meta: what was sent under one isn't sent again for a day
CHANGING = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)


class _Server(Server[Switchboard]):
    """Says over either transport that its lists may change, and in each answer of 2026 what it is."""

    @cached_property
    def server_info_stamp(self) -> dict[str, Any]:
        """Made once, for nobody changes it on its way."""
        return super().server_info_stamp

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        return super().create_initialization_options(
            notification_options or CHANGING, experimental_capabilities, extensions
        )


def build(board: Switchboard) -> Server[Switchboard]:
    """The server of these lines, for either transport. They are closed when it has run."""
    catalog = board.catalog

    @asynccontextmanager
    async def lifespan(_: Server[Switchboard]) -> AsyncIterator[Switchboard]:
        try:
            yield board
        finally:
            # Shielded: who is cancelled closes too. Bounded: a store that stalls doesn't keep the server.
            board.end()
            with anyio.move_on_after(SHUTDOWN + board.fires, shield=True):
                await board.aclose()

    async def list_tools(ctx: ServerRequestContext[Switchboard], _: PaginatedRequestParams) -> dict[str, Any]:
        board.watch()
        board.list_changes.held_by(ctx.session, "tools")
        # Sent as it stands in the manifest: building and dumping the SDK's models for every tool costs more than the
        # rest.
        return board.listed("tools", board.definitions(holder_of(ctx)))

    async def call_tool(ctx: ServerRequestContext[Switchboard], params: CallToolRequestParams) -> dict[str, Any]:
        if board.ending:
            return result(ENDING, is_error=True)
        holder, given, name = holder_of(ctx), params.arguments or {}, params.name
        if board.of_each(name, given):
            told = await board.overview(given, holder, client(ctx))
            board.watch()
            return result(told.text, is_error=told.is_error, structured=told.structured)
        arguments: Mapping[str, Any]
        reached = None
        try:
            line, arguments = board.put_through(given, holder)
            if line.discovery is not None:
                reached = line.discovery.taken(name, arguments, line.offer_for(holder), line.gone, holder)
        except CallError as error:
            return result(str(error), is_error=True)
        if isinstance(reached, str):
            return result(reached, is_error=False)
        name, arguments = reached or (name, arguments)
        try:
            line.offer_for(holder).find(name)
        except UnknownTool as error:
            # One that is known is told of as the result of its call, which every client shows to its model.
            if name not in catalog.names:
                if reached or name in catalog.absent or name in catalog.removed:
                    return result(str(error), is_error=True)
                raise MCPError(INVALID_PARAMS, str(error)) from None
        meta: Mapping[str, Any] = ctx.meta or {}
        wanted = meta.get("progress_token") is not None
        bridge = line.bridge_for(holder)
        from hbmcp.server.elicitation import called

        with board.calling(catalog.names[name], client(ctx)) as under_way:

            async def call(ask: "Ask") -> "Outcome":
                under_way.outcome = await bridge.call(
                    name,
                    arguments,
                    ctx.session.report_progress if wanted else None,
                    client=client(ctx),
                    key=meta.get(IDEMPOTENCY_KEY),
                    ask=ask,
                    until=None if holder is None else holder.until,
                    structured=line.settings.structured,
                )
                return under_way.outcome

            answer = await called(ctx, params, line, bridge, call)
        board.watch()
        return answer

    server = _Server(
        "hbmcp",
        version=__version__,
        title="Hummingbot",
        description=DESCRIPTION,
        icons=[Icon(src=ICON, mime_type="image/svg+xml", sizes=["any"])],
        instructions=instructions(board),
        lifespan=lifespan,
        # Without it the SDK would walk tools/list at every call over HTTP.
        get_tool_input_schema=board.schema,
    )
    if isinstance(get_tracer_provider(), ProxyTracerProvider):  # nobody takes spans: neither we nor who runs us
        server.middleware.clear()  # the SDK's, which would make one of each message
    server.add_request_handler("tools/list", PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", CallToolRequestParams, call_tool)
    serve_beside_tools(server, board)
    return server
