"""The least that a server on the SDK's low level can be: one tool, which awaits one GET.

bare.py --httpx     import httpx at the start, as a server must before its first call; otherwise at the first call
bare.py --http      over streamable HTTP on a free port, which it prints on stderr; otherwise over stdio
"""

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

if TYPE_CHECKING or "--httpx" in sys.argv:
    import httpx

_TOOL = types.Tool(name="get_accounts", description="List the accounts.", input_schema={"type": "object"})
_http: "httpx.AsyncClient | None" = None


async def _list(_: object, __: object) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[_TOOL])


async def _call(_: object, __: object) -> types.CallToolResult:
    global _http
    if _http is None:
        import httpx

        _http = httpx.AsyncClient(base_url=os.environ["HUMMINGBOT_API_URL"], auth=("user", "password"))
    answer = await _http.get("/accounts/")
    return types.CallToolResult(content=[types.TextContent(type="text", text=answer.text)])


async def _main() -> None:
    server: Server[object] = Server("bare", on_list_tools=_list, on_call_tool=_call)
    if "--http" in sys.argv:
        await _over_http(server)
        return
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def _over_http(server: "Server[object]") -> None:
    import socket

    import uvicorn

    # asyncio turns Nagle's delay off, 40 ms a call, only where a socket names its protocol.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", file=sys.stderr, flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_config=None, access_log=False)
    await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    asyncio.run(_main())
