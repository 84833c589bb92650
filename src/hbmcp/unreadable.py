"""Messages that the SDK can't read over stdio, and drops: who waits for an answer gets an error instead."""

import json
import logging
import re
from collections.abc import Mapping
from contextvars import Context
from typing import Any, Self, TypeAlias

import anyio
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

Item: TypeAlias = SessionMessage | Exception

# JSON that the SDK's parser can't read, in words: its own are of columns.
_IN_WORDS = {
    "hex escape": r"a text in it holds half of a surrogate pair, such as \ud800, which is no character",
    "recursion limit": "it is nested too deep",
    "number out of range": "a number in it has too many digits",
}
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\]:,]|[^\s"{}\[\]:,]+', re.DOTALL)

logger = logging.getLogger(__name__)


class Answered:
    """What the SDK reads from a client, without what can't be read: for that an error is sent to `write`."""

    def __init__(self, read: Any, write: Any) -> None:
        self._read = read
        self._write = write

    @property
    def last_context(self) -> Context | None:
        """That of the sender, which the SDK carries on."""
        context: Context | None = self._read.last_context
        return context

    async def receive(self) -> Item:
        """The next message."""
        while True:
            item: Item = await self._read.receive()
            if not isinstance(item, ValidationError):
                return item
            if error := error_for(item):
                logger.warning("a client's message was refused: %s", error.error.message)
                await self._write.send(SessionMessage(error))

    async def aclose(self) -> None:
        """Close what it reads from."""
        await self._read.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


def error_for(unread: ValidationError) -> JSONRPCError | None:
    """The answer to it; None where nobody waits for one: an empty line, a notification, an answer."""
    first, *rest = unread.errors(include_url=False)
    if first["type"] == "json_invalid":
        words = first["msg"].removeprefix("Invalid JSON: ")
        why = next((meant for said, meant in _IN_WORDS.items() if said in words), f"it isn't JSON ({words})")
        code, members = PARSE_ERROR, _members(first["input"])
        if not first["input"].strip():
            return None
    else:
        place = ".".join(map(str, first["loc"][1:]))
        why = f"it is no JSON-RPC request ({f'{place}: ' if place else ''}{first['msg']})"
        whole = (problem["input"] for problem in (first, *rest) if problem["type"] == "missing")
        code, members = INVALID_REQUEST, next(whole, {})
    if "method" in members:
        waits = "id" in members or not str(members["method"]).startswith("notifications/")
    else:
        waits = not members.keys() & {"result", "error"}
    if not waits:
        return None
    message = f"This message can't be read: {why}. Nothing was done: correct it, and send it again."
    return JSONRPCError(jsonrpc="2.0", id=_id(members), error=ErrorData(code=code, message=message))


def _id(members: Mapping[str, Any]) -> int | str | None:
    found = members.get("id")
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def _members(text: str) -> dict[str, Any]:
    """The members of what begins as an object, as far as can be seen; None for what isn't a plain value."""
    members: dict[str, Any] = {}
    depth, last, name = 0, "", ""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if (depth == 0 and token != "{") or token == '"':  # not an object, or a text without end
            break
        if depth == 1 and token == ":":
            name = last
        elif depth == 1 and name:
            members[str(_value(name))] = _value(token)
            name = ""
        last = token
        depth += (token in "{[") - (token in "}]")
    return members


def _value(token: str) -> Any:
    try:
        value = json.loads(token)
        return value if not isinstance(value, str) or value.encode() else ""
    except ValueError:  # half a surrogate pair too
        return None
