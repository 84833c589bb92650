"""Pages of this machine on which a person types an exchange's keys, for clients that can send their person there."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hbmcp.connecting.connection import Connection, offer
from hbmcp.connecting.page import MINUTES, KeyPage
from hbmcp.errors import CallError, Declined, Refused, Unanswered
from hbmcp.policy.confirmation.answer import Reply, Visit
from hbmcp.settings import Settings
from hbmcp.text import named

if TYPE_CHECKING:
    from hbmcp.bridge import Bridge

MOST = 5  # open at once

logger = logging.getLogger(__name__)


class KeyPages:
    """Those that a server has open. What is typed on one is a call of a person, judged and audited as any."""

    def __init__(self, bridge: "Bridge", settings: Settings) -> None:
        self._bridge = bridge
        self._settings = settings
        self._open: dict[str, asyncio.Task[bool]] = {}
        self._typed: deque[tuple[str, str]] = deque(maxlen=MOST)  # pages that are closed again, and what came of them
        self._telling: set[asyncio.Future[None]] = set()

    async def open(self, exchange: str, account: str, ended: Callable[[str], Awaitable[None]] | None = None) -> Visit:
        """A new page. Whoever waits for its id is told by `ended` when it closes. Raises CallError: for names that the
        API doesn't know, where the policy refuses keys, and where too many pages are open."""
        bridge = self._bridge.for_person(offer(self._settings))
        connection = await Connection.look(bridge, exchange, account)
        if len(self._open) >= MOST:
            raise Refused(f"{MOST} such pages are open.", "Nothing was sent.", f"Each closes within {MINUTES} minutes.")

        async def send(keys: Mapping[str, Any]) -> None:
            await connection.send(bridge, keys)
            self._typed.append((page.id, f"{named(account)} is connected to {named(exchange)}"))
            self._bridge.news.append(self._typed[-1][1])

        page = KeyPage(connection, bridge.identity.words, send)
        visit = Visit(
            f"Type the API keys of {named(exchange)} for {named(account)}, {bridge.identity.words}, on a page of this "
            "machine. The model doesn't see them.",
            page.listen(),
            page.id,
        )
        serving = asyncio.create_task(page.serve())
        self._open[page.id] = serving
        serving.add_done_callback(partial(self._closed, page.id, ended))
        return visit

    async def visited(self, id_: str, reply: Reply) -> str:
        """What to say of a person who was asked to go there. Raises CallError where they didn't; then it is closed."""
        if (typed := dict(self._typed).get(id_)) is not None:
            with suppress(ValueError):
                self._bridge.news.remove(typed)  # it is told here
            return f"{typed}."
        if reply != "yes":
            await self.close(id_)
            error = Declined if reply in ("no", "dismissed") else Unanswered
            raise error("The user didn't open the page for the keys.", "Nothing was sent.", "Don't ask again unasked.")
        if id_ not in self._open:
            raise CallError("The page for the keys is closed.", advice="get_accounts shows what is connected.")
        return (
            f"The user has a page to type the keys on, for {MINUTES} minutes. A later answer says when the exchange is "
            "connected; get_accounts shows it."
        )

    async def close(self, id_: str) -> None:
        """Close that page, if it is open."""
        if (serving := self._open.get(id_)) is not None:
            serving.cancel()
            await asyncio.wait([serving])

    async def aclose(self) -> None:
        """Close all."""
        serving = list(self._open.values())
        for one in serving:
            one.cancel()
        if serving:
            await asyncio.wait(serving)

    def _closed(self, id_: str, ended: Callable[[str], Awaitable[None]] | None, serving: asyncio.Task[bool]) -> None:
        del self._open[id_]
        if not serving.cancelled() and (error := serving.exception()) is not None:
            logger.error("a page for keys failed: %s", error)
        if ended is not None and not serving.cancelled():
            telling = asyncio.ensure_future(_quietly(ended(id_)))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)


async def _quietly(word: Awaitable[None]) -> None:
    with suppress(Exception):  # a client that has gone needs none
        await word
