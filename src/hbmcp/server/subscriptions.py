"""Who subscribes to resources, and the look at these: one for all who do. Imported at the first subscription.

Clients of 2025 subscribe for their session, and hear on its standing stream; those of 2026 listen to the stream that
answers their request. What other processes change is seen like all else: in the store, and at the API.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, field, frozen
from mcp.server.session import ServerSession
from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.server.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    SubscribeRequestParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
    UnsubscribeRequestParams,
)

from hbmcp.errors import CallError, StoreError
from hbmcp.server.line import Context, Line, holder_of
from hbmcp.server.list_changes import ListChanges
from hbmcp.server.placed_resources import Placed, placed_resources
from hbmcp.text import named
from hbmcp.times import machine

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder

PATIENCE = 5.0  # seconds for a client of 2025 to take a notification
TO_LOOK = 5.0  # seconds that who subscribes waits at most for the first look

logger = logging.getLogger(__name__)


@define(eq=False)
class Subscriber:
    """A session of 2025, which `hears` while its standing stream is open, or a stream of 2026. `scope` ends that."""

    holder: "Holder | None"
    uris: set[str] = field(factory=set)
    session: ServerSession | None = None
    id: str = ""
    scope: anyio.CancelScope | None = None

    @property
    def ended(self) -> bool:
        """Whether the token that it showed last has ended."""
        return self.holder is not None and self.holder.until is not None and machine() >= self.holder.until


@frozen
class _Look:
    """At one resource. `began`: what is changed from then on is told."""

    task: asyncio.Task[None]
    began: asyncio.Event


class Subscriptions:
    """Those to the resources on the lines that a holder has `reached`. `hearing` counts the standing streams of each
    session."""

    def __init__(
        self,
        reached: "Callable[[Holder | None], Mapping[str, Line]]",
        list_changes: ListChanges,
        hearing: Counter[str],
    ) -> None:
        self._reached = reached
        self._list_changes = list_changes
        self._hearing = hearing
        self._sessions: dict[str, Subscriber] = {}
        self._subscribers: set[Subscriber] = set()
        self._looks: dict[str, _Look] = {}

    async def subscribe(self, ctx: Context, params: SubscribeRequestParams) -> dict[str, Any]:
        """Of a session of 2025, until it ends. Raises MCPError for what this client can't subscribe to."""
        watched = {one.resource.uri: one for one in self._watched(holder_of(ctx))}
        if params.uri not in watched:
            raise MCPError(
                INVALID_PARAMS,
                f"Nothing tells when {named(params.uri)} differs. Nothing was done. Subscribe to "
                f"{' or '.join(watched) or 'nothing: none is offered here'}.",
                {"uri": params.uri},
            )
        id_ = _session_id(ctx)
        if id_ not in self._sessions:
            self._sessions[id_] = subscriber = Subscriber(holder_of(ctx), session=ctx.session, id=id_)
            self._subscribers.add(subscriber)
            # The SDK has no other way to know when a session ends.
            ctx.session._connection.exit_stack.callback(self._forget, id_)
        self._sessions[id_].uris.add(params.uri)
        await self._look_at(watched[params.uri])
        return {}

    def shown(self, id_: str, holder: "Holder") -> None:
        """A request of that session of 2025 showed a token: the one before may have ended, or will."""
        subscriber = self._sessions.get(id_)
        if subscriber is not None and subscriber.holder is not None and subscriber.holder.key == holder.key:
            subscriber.holder = holder

    async def unsubscribe(self, ctx: Context, params: UnsubscribeRequestParams) -> dict[str, Any]:
        """Of a session of 2025."""
        if (subscriber := self._sessions.get(_session_id(ctx))) is not None:
            subscriber.uris.discard(params.uri)
            self._end_looks()
        return {}

    async def listen(self, ctx: Context, params: SubscriptionsListenRequestParams) -> SubscriptionsListenResult:
        """A stream of 2026, until the token ends that was shown: of the resources that are asked for, those are
        honoured that differ and that this client may read. Raises MCPError for one too many."""
        holder, asked = holder_of(ctx), set(params.notifications.resource_subscriptions or ())
        watched = [one for one in self._watched(holder) if one.resource.uri in asked]
        uris = [one.resource.uri for one in watched]
        honoured = params.notifications.model_copy(update={"resource_subscriptions": uris or None})
        left = float("inf") if holder is None or holder.until is None else (holder.until - machine()) / 1000
        with anyio.CancelScope(deadline=anyio.current_time() + left) as scope:
            async with self._open(holder, watched, scope):
                return await self._list_changes.listen(
                    ctx, params.model_copy(update={"notifications": honoured}), holder.key if holder else ""
                )
        meta: Any = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        return SubscriptionsListenResult(_meta=meta)

    def _watched(self, holder: "Holder | None") -> Iterator[Placed]:
        return (one for one in placed_resources(self._reached(holder), holder) if one.resource.every)

    @asynccontextmanager
    async def _open(
        self, holder: "Holder | None", watched: Collection[Placed], scope: anyio.CancelScope
    ) -> AsyncIterator[None]:
        subscriber = Subscriber(holder, {one.resource.uri for one in watched}, scope=scope)
        self._subscribers.add(subscriber)
        try:
            await asyncio.gather(*map(self._look_at, watched))
            yield
        finally:
            self._subscribers.discard(subscriber)
            self._end_looks()

    def close(self) -> None:
        """Nobody looks any more."""
        self._subscribers.clear()
        self._end_looks()

    def _forget(self, id_: str) -> None:
        if (subscriber := self._sessions.pop(id_, None)) is not None:
            self._subscribers.discard(subscriber)
            self._end_looks()

    async def _look_at(self, placed: Placed) -> None:
        """From now on; who subscribes hears of what is changed after the answer."""
        uri = placed.resource.uri
        if (look := self._looks.get(uri)) is None:
            began = asyncio.Event()
            look = _Look(asyncio.create_task(self._look(placed, began)), began)
            self._looks[uri] = look
        with anyio.move_on_after(TO_LOOK + 1):  # it may be ended meanwhile
            await look.began.wait()

    def _end_looks(self) -> None:
        """At what nobody subscribes to any more."""
        wanted = {uri for one in self._subscribers for uri in one.uris}
        for uri in self._looks.keys() - wanted:
            self._looks.pop(uri).task.cancel()

    async def _look(self, placed: Placed, began: asyncio.Event) -> None:
        """At one resource, from time to time while somebody hears of it; tell when it differs from the time before."""
        uri = placed.resource.uri
        before = None  # where the first look takes long: then the next is told, for it may differ
        try:
            with anyio.move_on_after(TO_LOOK):
                before = await self._content(placed)
        finally:
            began.set()
        while True:
            await asyncio.sleep(placed.resource.every)
            await self._send_away(placed)
            if not self._audience(uri):
                continue
            now = await self._content(placed)
            if now is not None and now != before:
                before = now
                await self._tell(uri)

    def _audience(self, uri: str) -> list[Subscriber]:
        """Who subscribes to it and hears now; not whose token has ended, until it shows another."""
        return [
            one
            for one in self._subscribers
            if uri in one.uris and not one.ended and (one.session is None or not one.id or self._hearing[one.id])
        ]

    async def _send_away(self, placed: Placed) -> None:
        """Who hears of it, and showed a token that was revoked since."""
        from hbmcp.access.tokens import standing

        hear = [one for one in self._subscribers if placed.resource.uri in one.uris]
        held = {one: one.holder.key for one in hear if one.holder is not None}
        try:
            stand = await standing(set(held.values()), placed.line.bridge.store)
        except StoreError:
            return  # as for their calls, which go on for a while
        for one, key in held.items():
            if key not in stand:
                if one.scope is not None:
                    one.scope.cancel()
                self._forget(one.id)

    async def _content(self, placed: Placed) -> str | None:
        """What it holds, less what passes; None where it can't be read."""
        resource = placed.resource
        try:
            found = await placed.line.bridge.seen(resource.tool)
        except CallError as error:
            logger.debug("%s can't be looked at: %s", resource.uri, error)
        except Exception:
            logger.exception("%s can't be looked at: a defect of hbmcp", resource.uri)
        else:
            return json.dumps(_without(found, resource.passing), default=str, sort_keys=True)
        return None

    async def _tell(self, uri: str) -> None:
        await self._list_changes.tell_updated(uri)
        await asyncio.gather(*(self._tell_session(one.session, uri) for one in self._audience(uri) if one.session))

    async def _tell_session(self, session: ServerSession, uri: str) -> None:
        """That none hears keeps no other from hearing."""
        try:
            with anyio.move_on_after(PATIENCE):
                await session.send_resource_updated(uri)
        except Exception as error:
            logger.debug("A session couldn't be told that %s differs: %r", uri, error)


def _session_id(ctx: Context) -> str:
    """Of a session over HTTP; "" is the only one, over stdio."""
    return "" if ctx.request is None else str(ctx.request.headers.get(MCP_SESSION_ID_HEADER, ""))


def _without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list | tuple) else value
