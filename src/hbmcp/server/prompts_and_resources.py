"""What is served beside tools. Each request imports what it needs, so that a start doesn't.

All lists are there, whatever is in them: several clients drop a server of which one answers "method not found".
"""

from typing import Any

from mcp.server.lowlevel import Server
from mcp.types import (
    CompleteRequestParams,
    GetPromptRequestParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from hbmcp.server.line import Context
from hbmcp.server.switchboard import Switchboard


def serve_beside_tools(server: Server[Switchboard], board: Switchboard) -> None:
    """Have the server answer for prompts and resources."""

    async def list_prompts(ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        from hbmcp.server.prompts import definitions

        board.list_changes.held_by(ctx.session, "prompts")
        return board.listed("prompts", definitions(ctx, board))

    async def get_prompt(ctx: Context, params: GetPromptRequestParams) -> dict[str, Any]:
        from hbmcp.server.prompts import got

        return got(ctx, board, params)

    async def complete(ctx: Context, params: CompleteRequestParams) -> dict[str, Any]:
        from hbmcp.server.completing import completed

        return await completed(ctx, board, params)

    async def list_resources(ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        from hbmcp.server.resources import resources_for

        board.list_changes.held_by(ctx.session, "resources")
        return board.listed("resources", [one.definition for one, _ in resources_for(ctx, board) if not one.variables])

    async def list_resource_templates(ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        from hbmcp.server.resources import resources_for

        board.list_changes.held_by(ctx.session, "resources")
        return board.listed(
            "resourceTemplates", [one.definition for one, _ in resources_for(ctx, board) if one.variables]
        )

    async def read_resource(ctx: Context, params: ReadResourceRequestParams) -> dict[str, Any]:
        from hbmcp.server.resources import read

        return await read(ctx, board, params)

    async def subscribe(ctx: Context, params: SubscribeRequestParams) -> dict[str, Any]:
        return await board.subscriptions.subscribe(ctx, params)

    async def unsubscribe(ctx: Context, params: UnsubscribeRequestParams) -> dict[str, Any]:
        return await board.subscriptions.unsubscribe(ctx, params)

    async def listen(ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        return await board.subscriptions.listen(ctx, params)

    server.add_request_handler("prompts/list", PaginatedRequestParams, list_prompts)
    server.add_request_handler("prompts/get", GetPromptRequestParams, get_prompt)
    server.add_request_handler("completion/complete", CompleteRequestParams, complete)
    server.add_request_handler("resources/list", PaginatedRequestParams, list_resources)
    server.add_request_handler("resources/templates/list", PaginatedRequestParams, list_resource_templates)
    server.add_request_handler("resources/read", ReadResourceRequestParams, read_resource)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, subscribe)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, unsubscribe)
    server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, listen)
