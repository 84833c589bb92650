"""Whether the server lives, and whether it can do its work: for who starts it, and for a proxy in front."""

import asyncio
import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hbmcp.errors import CallError, StoreError
from hbmcp.server.line import Line
from hbmcp.server.switchboard import Switchboard
from hbmcp.times import ticking

LIVES = "/healthz"
READY = "/readyz"
FRESH = 5.0  # seconds for which what was found is said again: asked often, the API is asked no more
PATIENCE = 5.0  # for an answer of either


class Health:
    """Of one server. Says nothing that only those with a token may know."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._found: dict[str, str] = {}
        self._looked: float | None = None
        self._turn = asyncio.Lock()

    @property
    def routes(self) -> list[Route]:
        """Where it is asked."""
        return [Route(LIVES, self._lives), Route(READY, self._ready)]

    async def _lives(self, _: Request) -> Response:
        return PlainTextResponse("ok")

    async def _ready(self, _: Request) -> Response:
        if self._board.ending:
            return PlainTextResponse("ending", 503)
        async with self._turn:
            if self._looked is None or ticking() > self._looked + FRESH:
                lines = self._board.lines.values()
                found = await asyncio.gather(*map(self._api, lines), *map(self._store, lines))
                self._found = {"api": _best(found[: len(lines)]), "store": _best(found[len(lines) :])}
                self._looked = ticking()
        good = set(self._found.values()) == {"ok"}
        return Response(json.dumps(self._found), 200 if good else 503, media_type="application/json")

    async def _api(self, line: Line) -> str:
        from hbmcp.caller import Caller
        from hbmcp_tools import system

        caller = Caller("readyz", "system", frozenset({"get_api_version"}), "watch")
        try:
            async with asyncio.timeout(PATIENCE):
                await line.bridge.installation(caller).ask(system.get_api_version)
        except TimeoutError:
            return "no answer"
        except CallError as error:
            return error.kind
        return "ok"

    async def _store(self, line: Line) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await line.bridge.store.halt()
        except (StoreError, TimeoutError):
            return "no answer"
        return "ok"


def _best(words: list[str]) -> str:
    """Of several installations: one that fails keeps nobody from the others."""
    return "ok" if "ok" in words else words[0]
