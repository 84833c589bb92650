"""The connection to an API: one pool, TLS, and what that one wants to know who asks; or the paper exchange in this
process."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from hbmcp.api.pool import Pool
from hbmcp.api.proxy import Proxy
from hbmcp.errors import NotConfigured, SettingsError
from hbmcp.services import HUMMINGBOT, Service
from hbmcp.settings import Settings

# Seconds for a connection. Less than any tool has: who runs out of these has sent nothing. How long an answer may take
# is the tool's, and how long a place in the pool the attempt's.
TIMEOUT = httpx.Timeout(None, connect=5.0)
PLACES = 32  # connections of one pool


def connect(settings: Settings, proxy: Proxy | None) -> httpx.AsyncClient:
    """A client of the installation that the settings name; nothing is sent yet. Raises NotConfigured."""
    return _on_paper(settings) if settings.on_paper else _over_http(settings, proxy)


def connect_service(service: Service, settings: Settings, proxy: Proxy | None) -> httpx.AsyncClient:
    """A client of another service, which is told nothing but its own credential. Raises NotConfigured."""
    key = settings.key_of(service)
    headers = {service.header: key.get_secret_value()} if key else {}
    return _client(service, settings.address_of(service), proxy, headers=headers)


def _on_paper(settings: Settings) -> httpx.AsyncClient:
    from hbmcp.paper.errors import PaperError
    from hbmcp.paper.start import in_process

    try:
        return in_process(settings)
    except (PaperError, SettingsError) as error:
        raise NotConfigured(str(error), "Nothing was sent.") from None


def _over_http(settings: Settings, proxy: Proxy | None) -> httpx.AsyncClient:
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
            "A person must set what is missing, in the environment or in .env, or keep it with `hbmcp login`, and "
            "restart hbmcp.",
        )
    login = httpx.BasicAuth(settings.api_username, settings.api_password.get_secret_value())
    return _client(HUMMINGBOT, settings.api_url, proxy, login)


def _client(
    service: Service,
    address: str,
    proxy: Proxy | None,
    auth: httpx.Auth | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.AsyncClient:
    tls = urlsplit(address).scheme == "https"
    try:
        return httpx.AsyncClient(
            base_url=address,
            auth=auth,
            headers=headers,
            timeout=TIMEOUT,
            follow_redirects=False,  # a redirect would carry the request elsewhere
            # With a transport of ours, httpx doesn't look for proxies itself: it stumbles over what others take.
            # Reading the certificates takes longer than a call; without TLS there are none to check.
            transport=Pool(httpx.create_ssl_context(verify=tls), proxy.url if proxy else None),
        )
    except httpx.InvalidURL:
        raise NotConfigured(
            f"{service.url_setting} isn't an address that can be reached.",
            "Nothing was sent.",
            "A person must correct it, and restart hbmcp.",
        ) from None
    except OSError:
        raise NotConfigured(
            "The certificates for https can't be read.",
            "Nothing was sent.",
            "A person must correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them, and restart hbmcp.",
        ) from None
