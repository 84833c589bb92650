"""What is served beside tools. Each request imports what it needs, so that a start doesn't.

All lists are there, whatever is in them: several clients drop a server of which one answers "method not found".
"""

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.types import PaginatedRequestParams

from hbmcp.server.line import Line

Context = ServerRequestContext[Line]


def serve_beside_tools(server: Server[Line]) -> None:
    """Have the server answer for prompts and resources."""

    async def list_prompts(_ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        return _listed("prompts", [])

    async def list_resources(_ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        return _listed("resources", [])

    async def list_resource_templates(_ctx: Context, _: PaginatedRequestParams) -> dict[str, Any]:
        return _listed("resourceTemplates", [])

    server.add_request_handler("prompts/list", PaginatedRequestParams, list_prompts)
    server.add_request_handler("resources/list", PaginatedRequestParams, list_resources)
    server.add_request_handler("resources/templates/list", PaginatedRequestParams, list_resource_templates)


def _listed(what: str, definitions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resultType": "complete", what: definitions, "ttlMs": 0, "cacheScope": "private"}
