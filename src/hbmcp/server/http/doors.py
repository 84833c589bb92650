"""By which names clients may call the server, and from which web pages.

A page in a browser reaches whatever its user's machine reaches, the loopback too: it gives its own name an address
that isn't its own (DNS rebinding). The browser then says that name as Host, and where the page is from as Origin.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hbmcp.server.http.listening import EVERYWHERE
from hbmcp.settings import Settings
from hbmcp.settings.hosts import LOOPBACK, Host, Origin, read_host, read_origin


class Doors:
    """Turns away, whatever the path, what was called by another name, or from another page."""

    def __init__(self, app: ASGIApp, hosts: Sequence[Host], origins: Sequence[Origin]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            return await refusal(scope, receive, send)
        return await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        called, pages = headers.getlist("host"), headers.getlist("origin")
        if len(called) != 1 or not self._calls(called[0]):
            return PlainTextResponse("This server isn't called so: see HBMCP_HTTP_ALLOWED_HOSTS.", 421)
        if not all(map(self._comes, pages)):
            return PlainTextResponse("No page from there may call: see HBMCP_HTTP_ALLOWED_ORIGINS.", 403)
        return None

    def _calls(self, text: str) -> bool:
        try:
            host = read_host(text)
        except ValueError:
            return False
        return not self._hosts.isdisjoint((host, host._replace(port=None)))

    def _comes(self, text: str) -> bool:
        try:
            origin = read_origin(text)
        except ValueError:  # "null" too
            return False
        anywhere = Origin(origin.scheme, origin.host._replace(port=None))
        return not self._origins.isdisjoint((origin, anywhere))


def hosts(told: Settings) -> tuple[Host, ...]:
    """The loopback's, that where it listens, and what a person allows."""
    own = () if told.http_host in EVERYWHERE else (Host(told.http_host),)
    return (*map(Host, LOOPBACK), *own, *told.http_allowed_hosts)


def origins(told: Settings) -> tuple[Origin, ...]:
    """The loopback's, and what a person allows."""
    return (*(Origin("http", Host(name)) for name in LOOPBACK), *told.http_allowed_origins)
