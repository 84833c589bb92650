"""Who holds a list, of tools or of what depends on them, and listens, is told when it becomes another."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Literal
from weakref import WeakSet

import anyio
from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext
from mcp.server.session import ServerSession
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
)
from mcp.shared.exceptions import MCPError
from mcp.types import INTERNAL_ERROR, SubscriptionsListenRequestParams, SubscriptionsListenResult
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

OF_EACH = 100  # streams of one holder at once
PATIENCE = 5.0  # seconds for a client that doesn't read

Kind = Literal["tools", "prompts", "resources"]

_TELL: Mapping[Kind, tuple[Callable[[], ServerEvent], Callable[[Connection], Awaitable[None]]]] = {
    "tools": (ToolsListChanged, Connection.send_tool_list_changed),
    "prompts": (PromptsListChanged, Connection.send_prompt_list_changed),
    "resources": (ResourcesListChanged, Connection.send_resource_list_changed),
}


class ListChanges:
    """Sessions of 2025 are told if they have asked for the list, clients of 2026 in the streams that they open. Use it
    inside one event loop, and close it there."""

    def __init__(self) -> None:
        self._bus = InMemorySubscriptionBus()
        self._serve = ListenHandler(self._bus)
        self._streams: Counter[str] = Counter()
        self._sessions: dict[Kind, WeakSet[Connection]] = {
            "tools": WeakSet(),
            "prompts": WeakSet(),
            "resources": WeakSet(),
        }
        self._telling: set[asyncio.Task[None]] = set()

    def held_by(self, session: ServerSession, kind: Kind) -> None:
        """This client has just been given the list of these."""
        if session.protocol_version in HANDSHAKE_PROTOCOL_VERSIONS:
            self._sessions[kind].add(session._connection)  # the session itself is of this one request

    async def listen(
        self, ctx: ServerRequestContext[Any], params: SubscriptionsListenRequestParams, holder: str
    ) -> SubscriptionsListenResult:
        """A stream, for who showed the access token of this holder, until either side ends it."""
        if holder and self._streams[holder] >= OF_EACH:
            raise MCPError(
                INTERNAL_ERROR, f"{OF_EACH} streams with this access token are open. This one wasn't opened. End one."
            )
        self._streams[holder] += 1
        try:
            return await self._serve(ctx, params)
        finally:
            self._streams[holder] -= 1
            self._streams += Counter()  # without those at none

    async def tell_updated(self, uri: str) -> None:
        """A resource holds something else now: tell the streams."""
        await self._bus.publish(ResourceUpdated(uri=uri))

    def tell(self, *kinds: Kind) -> None:
        """The lists of these are others now; without any, all lists."""
        task = asyncio.create_task(self._tell(kinds or tuple(self._sessions)))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, kinds: Collection[Kind]) -> None:
        told = [_TELL[kind] for kind in kinds]
        for event, _ in told:
            await self._bus.publish(event())
        with anyio.move_on_after(PATIENCE):
            await asyncio.gather(
                *(send(one) for kind, (_, send) in zip(kinds, told, strict=True) for one in self._sessions[kind])
            )

    def close(self) -> None:
        """End the streams, with a last word to each."""
        self._serve.close()
        for task in self._telling:
            task.cancel()
