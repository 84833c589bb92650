"""What the calls to one installation share: the bridge, and the watch of the triggers."""

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext

from hbmcp.catalog import Offer, Tool
from hbmcp.settings import Settings

if TYPE_CHECKING:
    from hbmcp.access.holder import Allowed, Holder, Rights
    from hbmcp.background import Background
    from hbmcp.bridge import Bridge
    from hbmcp.completion import Completion
    from hbmcp.policy.model import Policy
    from hbmcp.server.discovery import Discovery
    from hbmcp.server.key_pages import KeyPages

Terms = tuple[Settings, Offer, "Policy | None"]  # of one installation: what is offered of it, and what is allowed

HOLDER = "hbmcp.holder"  # of a request over HTTP, in its ASGI scope
WATCH_AFTER = 1.0  # seconds after the first answer
KINDS = 100  # of rights, of which it is kept what they leave; and of holders


class Line:
    """The way to the bridge of an installation, which is built at the first call, as if there were no other. `changed`
    is called with the kinds of lists that are others now, or with none for all."""

    def __init__(self, offer: Offer, settings: Settings, policy: "Policy | None", name: str) -> None:
        self.name = name
        self.offer = offer
        self.settings = settings
        self._ending = False
        self.changed: Callable[..., object] = lambda *_: None
        self._policy = policy
        self._bridge: Bridge | None = None
        self._allowed: dict[Rights, Allowed] = {}
        self._bridges: dict[tuple[str, Rights], Bridge] = {}
        self._watching: asyncio.Task[None] | None = None
        self._background: Background | None = None
        self._key_pages: KeyPages | None = None
        self._completion: Completion | None = None
        self._discovery: Discovery | None = None

    def watch(self) -> None:
        """Watch the triggers from soon on, unless the server may only read, or there is no store yet: only a call that
        acts makes one. Called whenever something is answered, for it loads the store: a third of all memory."""
        if not (self.settings.read_only or self._ending) and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await asyncio.sleep(WATCH_AFTER)
        from hbmcp.identity import Identity
        from hbmcp.store.place import Place

        place = Place.of(self.settings, Identity.of(self.settings))
        if self._ending or not (place.exists or (place.in_memory and self._bridge is not None)):
            return
        from hbmcp.background import Background

        self._background = Background(self.bridge, self.settings, self.name)
        await self._background.run()

    def allowed_to(self, holder: "Holder") -> "Allowed":
        """What the holder of an access token may use."""
        from hbmcp.access.holder import allowed
        from hbmcp.policy.model import default

        if holder.rights not in self._allowed:
            if len(self._allowed) >= KINDS:
                self._allowed.clear()
            policy = self._policy or default(self.settings.on_paper)
            self._allowed[holder.rights] = allowed(holder.rights, self.offer, policy)
        return self._allowed[holder.rights]

    def offer_for(self, holder: "Holder | None") -> Offer:
        """The tools for who showed a token, or none where none is asked for."""
        return self.offer if holder is None else self.allowed_to(holder).offer

    def bridge_for(self, holder: "Holder | None") -> "Bridge":
        """The bridge, for who showed a token, or none where none is asked for."""
        if holder is None:
            return self.bridge
        whose = (holder.key, holder.rights)
        if whose not in self._bridges:
            if len(self._bridges) >= KINDS:
                self._bridges.clear()
            allowed = self.allowed_to(holder)
            self._bridges[whose] = self.bridge.for_token(holder.name, holder.key, allowed.offer, allowed.policy)
        return self._bridges[whose]

    @property
    def bridge(self) -> "Bridge":
        """The bridge of this server."""
        if self._bridge is None:
            from hbmcp.bridge import Bridge

            self._bridge = Bridge(self.offer, self.settings, policy=self._policy, serves=True)
            self._bridge.comparison.changed.append(self._tell_changed)
        return self._bridge

    def _tell_changed(self, tools: Collection[str]) -> None:
        if any(tool.name in tools for tool in self.offer.tools):
            self.changed()

    @property
    def key_pages(self) -> "KeyPages":
        """The pages for keys that this server has open."""
        if self._key_pages is None:
            from hbmcp.server.key_pages import KeyPages

            self._key_pages = KeyPages(self.bridge, self.settings)
        return self._key_pages

    @property
    def completion(self) -> "Completion":
        """What completes the words that people type."""
        if self._completion is None:
            from hbmcp.completion import Completion

            self._completion = Completion()
        return self._completion

    @property
    def discovery(self) -> "Discovery | None":
        """What reaches the tools that aren't listed, if the settings ask for it."""
        if self._discovery is None and self.settings.discovery != "off":
            from hbmcp.server.discovery import Discovery

            self._discovery = Discovery(self.settings, self.offer.catalog, lambda: self.changed("tools"))
        return self._discovery

    def definitions(self, holder: "Holder | None") -> list[dict[str, Any]]:
        """The list of tools, for who showed a token, or none where none is asked for."""
        discovery, gone, offer = self.discovery, self.gone, self.offer_for(holder)
        own = [] if discovery is None else discovery.own(offer)
        tools = offer.tools if discovery is None else discovery.listed(offer, holder)
        return [*(one.definition for one in own), *(self._definition(one) for one in tools if one.name not in gone)]

    def _definition(self, tool: Tool) -> dict[str, Any]:
        if not self.settings.structured:
            return tool.definition
        from hbmcp.results.output_schema import output_schema

        schema = output_schema(tool)
        return tool.definition if schema is None else {**tool.definition, "outputSchema": schema}

    @property
    def gone(self) -> Collection[str]:
        """The tools that this API lacks the operations for, as far as that is known."""
        return () if self._bridge is None else self._bridge.comparison.drift.gone

    @property
    def settled(self) -> bool:
        """Whether what is offered stays, as far as that can be told."""
        if self.settings.discovery == "toolsets":  # any call may have one listed
            return False
        return not self.settings.compares or (self._bridge is not None and self._bridge.comparison.settled)

    @property
    def carries(self) -> bool:
        """Whether a call is under way that was approved in the chat."""
        return self._background is not None and self._background.carries

    @property
    def fires(self) -> float:
        """Seconds that triggers get that are firing, before they are broken off; 0 where none is."""
        return 0.0 if self._background is None else self._background.fires

    def end(self) -> None:
        """From now on no trigger fires."""
        self._ending = True
        if self._background is not None:
            self._background.stop()

    async def aclose(self) -> None:
        """Let others watch, and close the pages and the bridge, if there are any."""
        if self._key_pages is not None:
            await self._key_pages.aclose()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._bridge is not None:
            await self._bridge.aclose()


Context = ServerRequestContext[Any]


def holder_of(ctx: Context) -> "Holder | None":
    """Who showed the access token of a request, if it had to show one."""
    return None if ctx.request is None else ctx.request.scope.get(HOLDER)


def client(ctx: Context) -> str:
    """The client's own name of itself."""
    return ctx.session.client_params.client_info.name if ctx.session.client_params else ""
