"""Who subscribes to resources, and the look at these: one for all who do. Imported at the first subscription.

Clients of 2025 subscribe for their session, and hear on its standing stream; those of 2026 listen to the stream that
answers their request. What other processes change is seen like all else: in the store, and at the API.
"""

import asyncio
import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import anyio
from attrs import define, field
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
from hbmcp.resources.resource import Resource
from hbmcp.server.line import Context, Line, holder_of
from hbmcp.server.resources import resources_for
from hbmcp.text import named
from hbmcp.times import machine

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder

PATIENCE = 5.0  # seconds for a client of 2025 to take a notification

logger = logging.getLogger(__name__)


@define(eq=False)
class Subscriber:
    """A session of 2025, which `hears` while its standing stream is open, or a stream of 2026. `scope` ends that."""

    holder: "Holder | None"
    uris: set[str] = field(factory=set)
    session: ServerSession | None = None
    id: str = ""
    scope: anyio.CancelScope | None = None


class Subscriptions:
    """Those to the resources of one installation."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._sessions: dict[str, Subscriber] = {}
        self._subscribers: set[Subscriber] = set()
        self._looks: dict[str, asyncio.Task[None]] = {}

    async def subscribe(self, ctx: Context, params: SubscribeRequestParams) -> dict[str, Any]:
        """Of a session of 2025, until it ends. Raises MCPError for what this client can't subscribe to."""
        watched = {one.uri: one for one in _watched(ctx, self._line)}
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
        self._look_at(watched[params.uri])
        return {}

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
        watched = [one for one in _watched(ctx, self._line) if one.uri in asked]
        uris = [one.uri for one in watched]
        honoured = params.notifications.model_copy(update={"resource_subscriptions": uris or None})
        left = float("inf") if holder is None or holder.until is None else (holder.until - machine()) / 1000
        with anyio.CancelScope(deadline=anyio.current_time() + left) as scope, self._open(holder, watched, scope):
            return await self._line.list_changes.listen(
                ctx, params.model_copy(update={"notifications": honoured}), holder.key if holder else ""
            )
        meta: Any = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        return SubscriptionsListenResult(_meta=meta)

    @contextmanager
    def _open(self, holder: "Holder | None", watched: Collection[Resource], scope: anyio.CancelScope) -> Iterator[None]:
        subscriber = Subscriber(holder, {one.uri for one in watched}, scope=scope)
        self._subscribers.add(subscriber)
        try:
            for one in watched:
                self._look_at(one)
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

    def _look_at(self, resource: Resource) -> None:
        if resource.uri not in self._looks:
            self._looks[resource.uri] = asyncio.create_task(self._look(resource))

    def _end_looks(self) -> None:
        """At what nobody subscribes to any more."""
        wanted = {uri for one in self._subscribers for uri in one.uris}
        for uri in self._looks.keys() - wanted:
            self._looks.pop(uri).cancel()

    async def _look(self, resource: Resource) -> None:
        """At one resource, from time to time while somebody hears of it; tell when it differs from the time before."""
        before = await self._content(resource)
        while True:
            await asyncio.sleep(resource.every)
            if not await self._audience(resource.uri):
                continue
            now = await self._content(resource)
            if now is not None and now != before:
                before = now
                await self._tell(resource.uri)

    async def _audience(self, uri: str) -> list[Subscriber]:
        """Who subscribes to it and hears now; who showed a token that was revoked since is sent away."""
        found = []
        for one in [one for one in self._subscribers if uri in one.uris]:
            if one.holder is not None and not await self._stands(one.holder):
                if one.scope is not None:
                    one.scope.cancel()
                self._forget(one.id)
            elif one.session is None or not one.id or self._line.hearing[one.id]:
                found.append(one)
        return found

    async def _stands(self, holder: "Holder") -> bool:
        from hbmcp.access.tokens import stands

        try:
            return await stands(holder.key, self._line.bridge.store)
        except StoreError:
            return True  # as for their calls, which go on for a while

    async def _content(self, resource: Resource) -> str | None:
        """What it holds, less what passes; None where it can't be read."""
        try:
            found = await self._line.bridge.seen(resource.tool)
        except CallError as error:
            logger.debug("%s can't be looked at: %s", resource.uri, error)
        except Exception:
            logger.exception("%s can't be looked at: a defect of hbmcp", resource.uri)
        else:
            return json.dumps(_without(found, resource.passing), default=str, sort_keys=True)
        return None

    async def _tell(self, uri: str) -> None:
        await self._line.list_changes.tell_updated(uri)
        for one in await self._audience(uri):
            if one.session is not None:
                with anyio.move_on_after(PATIENCE):
                    await one.session.send_resource_updated(uri)


def _watched(ctx: Context, line: Line) -> Iterator[Resource]:
    return (one for one in resources_for(ctx, line) if one.every)


def _session_id(ctx: Context) -> str:
    """Of a session over HTTP; "" is the only one, over stdio."""
    return "" if ctx.request is None else str(ctx.request.headers.get(MCP_SESSION_ID_HEADER, ""))


def _without(value: Any, names: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, names) for key, one in value.items() if key not in names}
    return [_without(one, names) for one in value] if isinstance(value, list | tuple) else value
