"""What a server's calls share: the bridge, the watch of the triggers, and which of them are under way."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcp.server.context import ServerRequestContext

from hbmcp.catalog import Offer, Tool
from hbmcp.server.list_changes import ListChanges
from hbmcp.settings import Settings
from hbmcp.text import named
from hbmcp.times import ticking

if TYPE_CHECKING:
    from hbmcp.access.holder import Holder, Lent, Rights
    from hbmcp.approving.chat import Chat
    from hbmcp.bridge import Bridge, Outcome
    from hbmcp.completion import Completion
    from hbmcp.policy.model import Policy
    from hbmcp.server.key_pages import KeyPages
    from hbmcp.server.subscriptions import Subscriptions
    from hbmcp.watch.watcher import Watcher

HOLDER = "hbmcp.holder"  # of a request over HTTP, in its ASGI scope
# While it isn't known yet what the API lacks, lists may be others after the next call; then they stay, and who listens
# is told if not.
LIST_TTL_MS = 5 * 60 * 1000
WATCH_AFTER = 1.0  # seconds after the first answer
KINDS = 100  # of rights, of which it is kept what they leave; and of holders

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class UnderWay:
    """A call, who called, when it began, and what it came to; nothing, if it is cancelled."""

    tool: Tool
    client: str
    began: float
    outcome: "Outcome | None" = None


class Line:
    """The way to the bridge, which is built at the first call. Once it is `ending` no call begins any more, and no
    trigger fires. `count` is told of each that ends."""

    def __init__(self, offer: Offer, settings: Settings, policy: "Policy | None", name: str) -> None:
        self.name = name
        self.offer = offer
        self.settings = settings
        self.ending = False
        self.list_changes = ListChanges()
        self.count: Callable[[UnderWay], None] | None = None
        self._under_way: set[UnderWay] = set()
        self._policy = policy
        self._bridge: Bridge | None = None
        self._lent: dict[Rights, Lent] = {}
        self._bridges: dict[tuple[str, Rights], Bridge] = {}
        self._watching: asyncio.Task[None] | None = None
        self._watcher: Watcher | None = None
        self._chat: Chat | None = None
        self._key_pages: KeyPages | None = None
        self._completion: Completion | None = None
        self._subscriptions: Subscriptions | None = None
        self.hearing: Counter[str] = Counter()  # standing streams of sessions over HTTP

    def watch(self) -> None:
        """Watch the triggers from soon on, unless the server may only read. Called when something is answered, for it
        loads the store; where that holds nothing yet, only a call can make a trigger."""
        if not (self.settings.read_only or self.ending) and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        await asyncio.sleep(WATCH_AFTER)
        from hbmcp.identity import Identity
        from hbmcp.store.place import Place

        if self.ending or (self._bridge is None and not Place.of(self.settings, Identity.of(self.settings)).exists):
            return
        from hbmcp.approving.chat import Chat
        from hbmcp.installation.installation import all_of
        from hbmcp.watch.watcher import Watcher

        self._chat = chat = Chat.of(self.bridge, self.settings)
        self._watcher = Watcher(self.bridge, self.name)
        await all_of(self._watcher.run(), *(() if chat is None else (chat.run(),)))

    def lent(self, holder: "Holder") -> "Lent":
        """What the holder of an access token may use."""
        from hbmcp.access.holder import lent
        from hbmcp.policy.model import default

        if holder.rights not in self._lent:
            if len(self._lent) >= KINDS:
                self._lent.clear()
            policy = self._policy or default(self.settings.on_paper)
            self._lent[holder.rights] = lent(holder.rights, self.offer, policy)
        return self._lent[holder.rights]

    def offer_for(self, holder: "Holder | None") -> Offer:
        """The tools for who showed a token, or none where none is asked for."""
        return self.offer if holder is None else self.lent(holder).offer

    def bridge_for(self, holder: "Holder | None") -> "Bridge":
        """The bridge, for who showed a token, or none where none is asked for."""
        if holder is None:
            return self.bridge
        whose = (holder.key, holder.rights)
        if whose not in self._bridges:
            if len(self._bridges) >= KINDS:
                self._bridges.clear()
            lent = self.lent(holder)
            self._bridges[whose] = self.bridge.lent(holder.name, holder.key, lent.offer, lent.policy)
        return self._bridges[whose]

    @property
    def bridge(self) -> "Bridge":
        """The bridge of this server."""
        if self._bridge is None:
            from hbmcp.bridge import Bridge

            self._bridge = Bridge(self.offer, self.settings, policy=self._policy)
            self._bridge.comparison.changed.append(self._tell_changed)
        return self._bridge

    def _tell_changed(self, tools: Collection[str]) -> None:
        if any(tool.name in tools for tool in self.offer.tools):
            self.list_changes.tell()

    @property
    def key_pages(self) -> "KeyPages":
        """The pages for keys that this server has open."""
        if self._key_pages is None:
            from hbmcp.server.key_pages import KeyPages

            self._key_pages = KeyPages(self)
        return self._key_pages

    @property
    def completion(self) -> "Completion":
        """What completes the words that people type."""
        if self._completion is None:
            from hbmcp.completion import Completion

            self._completion = Completion()
        return self._completion

    @property
    def subscriptions(self) -> "Subscriptions":
        """Those to resources."""
        if self._subscriptions is None:
            from hbmcp.server.subscriptions import Subscriptions

            self._subscriptions = Subscriptions(self)
        return self._subscriptions

    def shown(self, session: str, holder: "Holder") -> None:
        """A request of that session over HTTP showed a token."""
        if self._subscriptions is not None:
            self._subscriptions.shown(session, holder)

    @property
    def gone(self) -> Collection[str]:
        """The tools that this API lacks the operations for, as far as that is known."""
        return () if self._bridge is None else self._bridge.comparison.drift.gone

    @property
    def settled(self) -> bool:
        """Whether what is offered stays, as far as that can be told."""
        return not self.settings.compares or (self._bridge is not None and self._bridge.comparison.settled)

    def listed(self, what: str, definitions: list[dict[str, Any]]) -> dict[str, Any]:
        """The answer to a request for a list: good for as long as what is offered stays."""
        good_for = LIST_TTL_MS if self.settled else 0
        return {"resultType": "complete", what: definitions, "ttlMs": good_for, "cacheScope": "private"}

    @contextmanager
    def calling(self, tool: Tool, client: str) -> Iterator[UnderWay]:
        """A call is under way; what it comes to is kept with it."""
        call = UnderWay(tool, client, ticking())
        self._under_way.add(call)
        try:
            yield call
        finally:
            self._under_way.discard(call)
            if self.count is not None:
                self.count(call)

    @property
    def busy(self) -> bool:
        """Whether a call is under way."""
        return bool(self._under_way) or self._carries

    @property
    def acts(self) -> bool:
        """Whether a call is under way that isn't a read, and so may have sent something."""
        return self._carries or any(not call.tool.reads for call in self._under_way)

    @property
    def _carries(self) -> bool:
        """Whether one is that was approved in the chat."""
        return self._chat is not None and self._chat.carries > 0

    @property
    def fires(self) -> float:
        """Seconds that triggers get that are firing, before they are broken off; 0 where none is."""
        return 0.0 if self._watcher is None else self._watcher.patience

    def end(self) -> None:
        """From now on no call begins, and no trigger fires."""
        self.ending = True
        if self._watcher is not None:
            self._watcher.stop()

    def tell_broken_off(self) -> None:
        """Log what is under way, for it is about to be broken off."""
        for call in self._under_way:
            logger.warning(
                "Broken off as the server ends: %s, after %.1f s%s.%s",
                call.tool.name,
                ticking() - call.began,
                f", of {named(call.client)}" if call.client else "",
                "" if call.tool.reads else " hbmcp audit show says what it sent, if anything.",
            )

    async def aclose(self) -> None:
        """Let others watch, and close the pages and the bridge, if there are any."""
        self.list_changes.close()
        if self._subscriptions is not None:
            self._subscriptions.close()
        if self._key_pages is not None:
            await self._key_pages.aclose()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait([self._watching])
        if self._bridge is not None:
            await self._bridge.aclose()


Context = ServerRequestContext[Line]


def holder_of(ctx: Context) -> "Holder | None":
    """Who showed the access token of a request, if it had to show one."""
    return None if ctx.request is None else ctx.request.scope.get(HOLDER)


def client(ctx: Context) -> str:
    """The client's own name of itself."""
    return ctx.session.client_params.client_info.name if ctx.session.client_params else ""
