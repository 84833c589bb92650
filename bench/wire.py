"""The client's end of streamable HTTP, in either era: as little as possible, so that the server is what is measured."""

import asyncio
import json
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

_INFO = {"name": "hbmcp-bench", "version": "0"}
_META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": _INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
}
_HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": _INFO}


class WireError(Exception):
    """The server answered with an error, or not at all."""


class Wire:
    """One connection to a server at an address such as http://127.0.0.1:3000/mcp: with a session, which is of 2025, or
    without, as in 2026. One call at a time; a server closes what nobody uses for some seconds. Leaving the context
    ends both."""

    def __init__(self, url: str, token: str = "", *, session: bool) -> None:
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path
        self._has_session = session
        self._headers = {
            "host": parts.netloc,
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            **({"authorization": f"Bearer {token}"} if token else {}),
        }
        self._sent = 0

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=2**24)
        if self._has_session:
            headers, _ = await self._post({"id": 0, "method": "initialize", "params": _HELLO})
            self._headers |= {"mcp-session-id": headers["mcp-session-id"], "mcp-protocol-version": "2025-06-18"}
            await self._post({"method": "notifications/initialized"})
        else:
            self._headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call"}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._has_session and error is None:  # a server lets one access token have so many sessions
                await self._send("DELETE", b"")
        finally:
            self._writer.close()

    async def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """The text that a model reads.

        Raises:
            WireError: the call failed.
        """
        self._sent += 1
        params: dict[str, Any] = {"name": tool, "arguments": arguments}
        if not self._has_session:
            params["_meta"] = _META
            self._headers["mcp-name"] = tool
        _, body = await self._post({"id": self._sent, "method": "tools/call", "params": params})
        answer = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])  # of an event, where it is one
        if answer.get("id") != self._sent or "result" not in answer or answer["result"].get("isError"):
            raise WireError(body.decode(errors="replace"))
        text: str = answer["result"]["content"][0]["text"]
        return text

    async def _post(self, message: dict[str, Any]) -> tuple[dict[str, str], bytes]:
        """Headers and body of the answer."""
        return await self._send("POST", json.dumps({"jsonrpc": "2.0", **message}).encode())

    async def _send(self, method: str, body: bytes) -> tuple[dict[str, str], bytes]:
        headers = "".join(f"{name}: {value}\r\n" for name, value in self._headers.items())
        head = f"{method} {self._path} HTTP/1.1\r\n{headers}content-length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        try:
            status, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            if found.get("transfer-encoding") == "chunked":
                answer = b"".join([chunk async for chunk in self._chunks()])
            else:
                answer = await self._reader.readexactly(int(found.get("content-length", 0)))
        except asyncio.IncompleteReadError as error:
            raise WireError("the connection was closed") from error
        if not status.split(" ")[1].startswith("2"):
            raise WireError(f"{status}: {answer.decode(errors='replace')}")
        return found, answer

    async def _chunks(self) -> Any:
        while True:
            size = int(await self._reader.readline(), 16)
            chunk = await self._reader.readexactly(size + 2)
            if not size:
                return
            yield chunk[:-2]
