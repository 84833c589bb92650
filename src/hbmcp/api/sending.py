"""Sending a request: once, unless it is a read; in its time; and giving its connection back."""

import asyncio
import logging
from typing import TypeVar

import httpx

from hbmcp.api.attempt import Attempt
from hbmcp.api.connection import PLACES, connect, connect_service
from hbmcp.api.failures import broken, not_json, too_large, too_long
from hbmcp.api.login import Login
from hbmcp.api.proxy import Proxy, proxy_for
from hbmcp.api.retries import with_retries
from hbmcp.cancellation import unsent
from hbmcp.catalog import Offer, Tool
from hbmcp.errors.http_answers import refusal
from hbmcp.redaction import LONG, hide, hide_login
from hbmcp.services import HUMMINGBOT, Service
from hbmcp.settings import Settings
from hummingbot_api.client import Client, Response
from hummingbot_api.errors import NotJson, TooLarge, UnexpectedStatus
from hummingbot_api.request import Request

T = TypeVar("T")

PROXY_WANTS_A_LOGIN = 407

logger = logging.getLogger(__name__)


class Api:
    """Sends requests to the API of a service. Use it inside one event loop, and close it there."""

    def __init__(self, settings: Settings, offer: Offer, service: Service = HUMMINGBOT) -> None:
        self._settings = settings
        self._offer = offer
        self._service = service
        self._on_paper = settings.on_paper and service is HUMMINGBOT
        self._http: httpx.AsyncClient | None = None
        self._client: Client | None = None
        self._places = asyncio.Semaphore(PLACES)
        self._proxy: Proxy | None = None
        self._login = Login(settings)
        self._connecting = asyncio.Lock()
        if settings.api_password:
            hide_login(settings.api_username or "", settings.api_password.get_secret_value())
        if key := settings.key_of(service):
            whole = key.get_secret_value()
            hide((whole, *(part for part in whole.split() if len(part) >= LONG)))  # of "Bearer …" the token alone, too

    async def aclose(self) -> None:
        """Close the pool."""
        if self._http is not None:
            await self._http.aclose()

    async def send(self, request: Request[T], tool: Tool) -> Response[T]:
        """The answer to a tool's request. Raises CallError.

        Cancelled, it has given back its connection when it ends; see cancellation.unsent.
        """
        client = self._client or await self._connect()
        try:
            async with asyncio.timeout(tool.timeout):
                return await with_retries(lambda: self._attempt(client, request, tool), tool, self._offer)
        except UnexpectedStatus as error:
            if self._proxy and error.status == PROXY_WANTS_A_LOGIN:
                raise self._proxy.failed(self._service, "it wants a username and a password") from None
            raise refusal(
                error.status, error.body, error.content_type, tool, self._offer, on_paper=self._on_paper
            ) from None
        except TooLarge as error:
            raise too_large(error, tool, self._offer) from None
        except (NotJson, httpx.DecodingError):
            raise not_json(tool, self._offer) from None
        except httpx.InvalidURL:  # arguments are quoted, so it is their length
            raise too_long(tool) from None
        except (httpx.TransportError, TimeoutError) as error:
            raise broken(error, tool, self._offer, self._proxy) from None
        except asyncio.CancelledError as error:
            if not (tool.reads or unsent(error)):
                logger.warning("%s: cancelled when it was sent; what became of it isn't known", tool.name)
            raise

    async def _attempt(self, client: Client, request: Request[T], tool: Tool) -> Response[T]:
        traced = not (tool.reads or self._on_paper)  # of a read nobody asks, and the paper exchange tells no steps
        return await Attempt(self._places, traced=traced).send(client, request)

    async def _connect(self) -> Client:
        async with self._connecting:
            if self._client is None:
                self._http = await self._open()
                self._client = Client(self._http)
            return self._client

    async def _open(self) -> httpx.AsyncClient:
        self._proxy = None if self._on_paper else proxy_for(self._settings.address_of(self._service))
        if self._service is HUMMINGBOT:
            return connect(await self._login.complete(), self._proxy)
        return connect_service(self._service, self._settings, self._proxy)
