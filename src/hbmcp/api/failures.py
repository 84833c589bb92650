"""A request without an answer that can be read -> an error that says whether anything can have been done.

No connection means that nothing was sent, everything later that nobody knows.
"""

import httpx

from hbmcp.api.proxy import Proxy
from hbmcp.api.retries import ATTEMPTS
from hbmcp.catalog import Offer, Tool
from hbmcp.errors import (
    NOTHING_SENT,
    BadArguments,
    CallError,
    ConnectionLost,
    ReadTimedOut,
    Unreachable,
    UnreadableAnswer,
)
from hbmcp.errors.unknown_outcome import unknown_outcome
from hbmcp.services import HUMMINGBOT, Service, service
from hummingbot_api.client import MEGABYTE
from hummingbot_api.errors import TooLarge

# Raised before a byte of the request is out.
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)


def broken(error: Exception, tool: Tool, offer: Offer, proxy: Proxy | None) -> CallError:
    """The error for a connection that wasn't made, broke or fell silent."""
    if isinstance(error, UNSENT):
        return _unreachable(error, service(tool.service), proxy)
    asked = service(tool.service)
    late = isinstance(error, TimeoutError | httpx.TimeoutException)
    within = f"no answer came within {tool.timeout:g} s"
    if not tool.reads:
        return unknown_outcome(
            tool, offer, f"was sent, but {within if late else 'the connection broke before its answer came'}"
        )
    if late:
        return ReadTimedOut(
            f"{asked.begins} didn't answer {tool.name} in time: {within}.",
            "Nothing was changed.",
            "Ask for less (a shorter period, fewer rows, one pair), or try again later.",
        )
    return ConnectionLost(
        f"The connection to {asked.title} broke before the whole answer to {tool.name} was here, {ATTEMPTS} times.",
        "Nothing was changed.",
        "The API may be restarting: try again in a moment.",
    )


def too_long(tool: Tool) -> BadArguments:
    """The error for a request whose address can't hold its arguments."""
    return BadArguments(f"What {tool.name} is given is too long for a request.", NOTHING_SENT, "Give less.")


def too_large(error: TooLarge, tool: Tool, offer: Offer) -> CallError:
    """The error for an answer of which not all was read."""
    size = f"more than {error.limit // MEGABYTE} MB, which is the most that is read of one"
    if not tool.reads:
        return unknown_outcome(tool, offer, f"was answered, but the answer has {size}")
    return UnreadableAnswer(
        f"The answer to {tool.name} has {size}.",
        "Nothing was changed.",
        "Ask for less: a shorter period, fewer rows, one pair.",
    )


def not_json(tool: Tool, offer: Offer) -> CallError:
    """The error for an answer with status 2xx that isn't JSON."""
    if not tool.reads:
        return unknown_outcome(tool, offer, "was accepted (HTTP 2xx), but its answer can't be read")
    asked = service(tool.service)
    return UnreadableAnswer(
        f"The answer to {tool.name} isn't JSON.",
        "Nothing was changed.",
        f"Something other than {asked.title} may answer at {asked.url_setting}, or the answer was damaged on "
        "its way: try once more; if it stays so, a person must check the address.",
    )


def _unreachable(error: Exception, asked: Service, proxy: Proxy | None) -> Unreachable:
    said = str(error).lower()
    if isinstance(error, httpx.PoolTimeout):
        return Unreachable(
            f"Too many calls to {asked.title} are under way.", "Nothing was sent.", "Wait for one of them to end."
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
        return proxy.failed(asked, why)
    runs = "it runs" if asked is HUMMINGBOT else "this machine has a way to it"
    return Unreachable(
        f"{asked.begins} can't be reached: {why}.",
        "Nothing was sent.",
        f"A person must see that {runs} and that {asked.url_setting} is its address; then call again, hbmcp needs no "
        "restart.",
    )
