"""The HTTP side: one pool, HTTP Basic, time-outs, retries of reads, and what went wrong in words.

A call that isn't a read is sent once. What matters when it fails is whether it can have reached the API: no connection
means that nothing was sent, everything later that nobody knows.
"""

import asyncio
import logging
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from hbmcp.attempt import Attempt, unsent
from hbmcp.catalog import Offer, Tool
from hbmcp.errors import (
    CallError,
    ConnectionLost,
    NotConfigured,
    ReadTimedOut,
    SettingsError,
    Unreachable,
    UnreadableAnswer,
)
from hbmcp.errors.http_answers import refusal, unknown_outcome
from hbmcp.one_answer import one_answer
from hbmcp.proxy import Proxy, proxy_for
from hbmcp.redaction import hide_login
from hbmcp.settings import Settings
from hummingbot_api.client import MEGABYTE, Client, Response
from hummingbot_api.errors import NotJson, TooLarge, UnexpectedStatus
from hummingbot_api.request import Request

T = TypeVar("T")

# Seconds for a connection. Less than any tool has: who runs out of these has sent nothing. How long an answer may take
# is the tool's, and how long a place in the pool the attempt's.
TIMEOUT = httpx.Timeout(None, connect=5.0)
PLACES = 32
# Less than the five seconds after which the API's server closes an idle connection: a request must not meet that.
KEEP_ALIVE = 3.0
LIMITS = httpx.Limits(max_connections=PLACES, max_keepalive_connections=16, keepalive_expiry=KEEP_ALIVE)

PROXY_WANTS_A_LOGIN = 407
RETRIES = 3  # attempts in all, of a read

# Raised before a byte of the request is out.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)

logger = logging.getLogger(__name__)


class Api:
    """Sends requests to the API. Use it inside one event loop, and close it there."""

    def __init__(self, settings: Settings, offer: Offer) -> None:
        self._settings = settings
        self._offer = offer
        self._http: httpx.AsyncClient | None = None
        self._client: Client | None = None
        self._places = asyncio.Semaphore(PLACES)
        self._proxy: Proxy | None = None
        if settings.api_password:
            hide_login(settings.api_username or "", settings.api_password.get_secret_value())

    async def aclose(self) -> None:
        """Close the pool."""
        if self._http is not None:
            await self._http.aclose()

    async def send(self, request: Request[T], tool: Tool) -> Response[T]:
        """The answer to a tool's request. Raises CallError.

        Cancelled, it has given back its connection when it ends; see attempt.unsent.
        """
        client = self._client or self._open()
        try:
            async with asyncio.timeout(tool.timeout):
                try:
                    return await self._attempt(client, request)
                except (httpx.TransportError, UnexpectedStatus) as error:
                    if not (tool.reads and _passing(error, tool, self._offer)):
                        raise
                    return await self._again(client, request, tool, error)
        except UnexpectedStatus as error:
            if self._proxy and error.status == PROXY_WANTS_A_LOGIN:
                raise self._proxy.failed("it wants a username and a password") from None
            raise refusal(error.status, error.body, error.content_type, tool, self._offer) from None
        except TooLarge as error:
            raise self._too_large(tool, error) from None
        except (NotJson, httpx.DecodingError):
            raise self._not_json(tool) from None
        except (httpx.TransportError, TimeoutError) as error:
            raise self._broken(error, tool) from None
        except asyncio.CancelledError as error:
            if not (tool.reads or unsent(error)):
                logger.warning("%s: cancelled when it was sent; what became of it isn't known", tool.name)
            raise

    async def _attempt(self, client: Client, request: Request[T]) -> Response[T]:
        return await Attempt(self._places, traced=not self._settings.on_paper).send(client, request)

    async def _again(
        self, client: Client, request: Request[T], tool: Tool, failed: httpx.TransportError | UnexpectedStatus
    ) -> Response[T]:
        """Repeat a read that failed once; the first failure counts as the first attempt."""
        import stamina

        logger.info("%s: %s, trying again", tool.name, type(failed).__name__)
        first: Exception | None = failed
        async for attempt in stamina.retry_context(
            on=lambda error: _passing(error, tool, self._offer),
            attempts=RETRIES,
            timeout=tool.timeout,
            wait_initial=0.2,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                if first is not None:
                    error, first = first, None
                    raise error
                return await self._attempt(client, request)
        raise AssertionError("stamina raises the last error")

    def _open(self) -> Client:
        self._http = self._on_paper() if self._settings.on_paper else self._over_http()
        self._client = Client(self._http)
        return self._client

    def _on_paper(self) -> httpx.AsyncClient:
        from hbmcp.paper.errors import PaperError
        from hbmcp.paper.start import in_process

        try:
            return in_process(self._settings)
        except (PaperError, SettingsError) as error:
            raise NotConfigured(str(error), "Nothing was sent.") from None

    def _over_http(self) -> httpx.AsyncClient:
        settings = self._settings
        missing = [
            name
            for name, value in (
                ("HUMMINGBOT_API_USERNAME", settings.api_username),
                ("HUMMINGBOT_API_PASSWORD", settings.api_password),
            )
            if not value
        ]
        if missing or settings.api_username is None or settings.api_password is None:
            raise NotConfigured(
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set, so hbmcp can't log in to the "
                "Hummingbot API.",
                "Nothing was sent.",
                "A person must set what is missing, in the environment or in .env, and restart hbmcp.",
            )
        self._proxy = proxy_for(settings.api_url)
        tls = urlsplit(settings.api_url).scheme == "https"
        try:
            return httpx.AsyncClient(
                base_url=settings.api_url,
                auth=httpx.BasicAuth(settings.api_username, settings.api_password.get_secret_value()),
                timeout=TIMEOUT,
                event_hooks={"response": [one_answer]},
                follow_redirects=False,  # a redirect would carry the request elsewhere
                # With a transport of ours, httpx doesn't look for proxies itself: it stumbles over what others take.
                transport=httpx.AsyncHTTPTransport(
                    limits=LIMITS,
                    # Reading the certificates takes longer than a call; without TLS there are none to check.
                    verify=tls,
                    proxy=self._proxy.url if self._proxy else None,
                ),
            )
        except httpx.InvalidURL:
            raise NotConfigured(
                "HUMMINGBOT_API_URL isn't an address that can be reached.",
                "Nothing was sent.",
                "A person must correct it, and restart hbmcp.",
            ) from None
        except OSError:
            raise NotConfigured(
                "The certificates for https can't be read.",
                "Nothing was sent.",
                "A person must correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them, and restart hbmcp.",
            ) from None

    def _broken(self, error: Exception, tool: Tool) -> CallError:
        """The error for a connection that wasn't made, broke or fell silent."""
        if isinstance(error, UNSENT):
            return _unreachable(error, self._proxy)
        late = isinstance(error, TimeoutError | httpx.TimeoutException)
        within = f"no answer came within {tool.timeout:g} s"
        if not tool.reads:
            return unknown_outcome(
                tool, self._offer, f"was sent, but {within if late else 'the connection broke before its answer came'}"
            )
        if late:
            return ReadTimedOut(
                f"The Hummingbot API didn't answer {tool.name} in time: {within}.",
                "Nothing was changed.",
                "Ask for less (a shorter period, fewer rows, one pair), or try again later.",
            )
        return ConnectionLost(
            f"The connection to the Hummingbot API broke before the whole answer to {tool.name} was here, "
            f"{RETRIES} times.",
            "Nothing was changed.",
            "The API may be restarting: try again in a moment.",
        )

    def _too_large(self, tool: Tool, error: TooLarge) -> CallError:
        size = f"more than {error.limit // MEGABYTE} MB, which is the most that is read of one"
        if not tool.reads:
            return unknown_outcome(tool, self._offer, f"was answered, but the answer has {size}")
        return UnreadableAnswer(
            f"The answer to {tool.name} has {size}.",
            "Nothing was changed.",
            "Ask for less: a shorter period, fewer rows, one pair.",
        )

    def _not_json(self, tool: Tool) -> CallError:
        if not tool.reads:
            return unknown_outcome(tool, self._offer, "was accepted (HTTP 2xx), but its answer can't be read")
        return UnreadableAnswer(
            f"The answer to {tool.name} isn't JSON.",
            "Nothing was changed.",
            "Something other than the Hummingbot API may answer at HUMMINGBOT_API_URL, or the answer was damaged on "
            "its way: try once more; if it stays so, a person must check the address.",
        )


def _passing(error: Exception, tool: Tool, offer: Offer) -> bool:
    """Whether a read may do better a moment later. One that was slow would only be slow again."""
    if isinstance(error, UnexpectedStatus):
        answer = refusal(error.status, error.body, error.content_type, tool, offer)
        return error.status in (502, 503, 504) and answer.kind == "api_failed"
    if isinstance(error, httpx.TimeoutException):
        return isinstance(error, httpx.ConnectTimeout)
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)


def _unreachable(error: Exception, proxy: Proxy | None) -> Unreachable:
    said = str(error).lower()
    if isinstance(error, httpx.PoolTimeout):
        return Unreachable(
            "Too many calls to the Hummingbot API are under way.", "Nothing was sent.", "Wait for one of them to end."
        )
    tls = "ssl" in said or "certificate" in said
    if any(words in said for words in ("name or service", "getaddrinfo", "nodename", "name resolution")):
        why = "its host name isn't known"
    elif tls:
        why = "no TLS connection can be made (http against https, or an untrusted certificate)"
    elif isinstance(error, httpx.ConnectTimeout):
        why = "its host doesn't answer"
    elif isinstance(error, httpx.ProxyError):
        why = "it refuses"
    else:
        why = "nothing listens there"
    if proxy and not tls:  # TLS is with the API, once the proxy has let through
        return proxy.failed(why)
    return Unreachable(
        f"The Hummingbot API can't be reached: {why}.",
        "Nothing was sent.",
        "A person must see that it runs and that HUMMINGBOT_API_URL is its address; then call again, hbmcp needs no "
        "restart.",
    )
