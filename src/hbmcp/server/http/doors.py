"""By which names clients may call the server, and from which web pages.

A page in a browser reaches whatever its user's machine reaches, the loopback too: it gives its own name an address
that isn't its own (DNS rebinding). The browser then says that name as Host, and where the page is from as Origin. What
is called by an address was led there by no name.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.server.http.turned_away import TurnedAway
from hbmcp.settings import Settings
from hbmcp.settings.hosts import LOOPBACK, Host, Origin, is_address, is_everywhere, read_host, read_origin
from hbmcp.settings.model import called
from hbmcp.text import named


class Doors:
    """Turns away, whatever the path, what was called by another name than these `hosts` (or an address, if `by_address`
    it may be called), or from another page than these `origins`."""

    def __init__(self, app: ASGIApp, hosts: Sequence[Host], origins: Sequence[Origin], *, by_address: bool) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)
        self._by_address = by_address
        self._turned_away = TurnedAway()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(scope)):
            return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        called_so, pages = headers.getlist("host"), headers.getlist("origin")
        if len(called_so) != 1:
            return self._refused(scope, 421, "it must name one Host", "http_allowed_hosts")
        if not self._calls(called_so[0]):
            why = f"this server isn't called {named(called_so[0])}"
            return self._refused(scope, 421, why, "http_allowed_hosts")
        if foreign := [page for page in pages if not self._comes(page)]:
            why = f"no page from {named(foreign[0])} may call"
            return self._refused(scope, 403, why, "http_allowed_origins")
        return None

    def _refused(self, scope: Scope, status: int, why: str, setting: str) -> PlainTextResponse:
        self._turned_away.tell(scope, setting, f"{why}, see {called(setting)}")
        said = f"Nothing was done: {why}. A person can allow more: {called(setting)}.\n"
        return PlainTextResponse(said, status, {"x-content-type-options": "nosniff"})

    def _calls(self, text: str) -> bool:
        try:
            host = read_host(text)
        except ValueError:
            return False
        if self._by_address and is_address(host.name):
            return True
        return not self._hosts.isdisjoint((host, host._replace(port=None)))

    def _comes(self, text: str) -> bool:
        try:
            origin = read_origin(text)
        except ValueError:  # "null" too
            return False
        anywhere = Origin(origin.scheme, origin.host._replace(port=None))
        return not self._origins.isdisjoint((origin, anywhere))


def doors(app: ASGIApp, settings: Settings) -> Doors:
    """In front of a server with these settings. One that listens everywhere, where all show a token, has more addresses
    than it could know."""
    return Doors(app, hosts(settings), origins(settings), by_address=is_everywhere(settings.http_host))


def hosts(settings: Settings) -> tuple[Host, ...]:
    """The loopback's, that where it listens, and what a person allows."""
    own = () if is_everywhere(settings.http_host) else (Host(settings.http_host),)
    return (*map(Host, LOOPBACK), *own, *settings.http_allowed_hosts)


def origins(settings: Settings) -> tuple[Origin, ...]:
    """The loopback's, and what a person allows."""
    return (*(Origin("http", Host(name)) for name in LOOPBACK), *settings.http_allowed_origins)
