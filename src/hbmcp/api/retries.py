"""Reads that failed are tried again; what isn't a read never is."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from hbmcp.catalog import Offer, Tool
from hbmcp.errors.http_answers import refusal
from hummingbot_api.errors import UnexpectedStatus

T = TypeVar("T")

ATTEMPTS = 3  # in all, of a read

logger = logging.getLogger(__name__)


async def with_retries(attempt: Callable[[], Awaitable[T]], tool: Tool, offer: Offer) -> T:
    """What the attempt gives, or raises; a read is attempted again where it may do better a moment later."""
    try:
        return await attempt()
    except (httpx.TransportError, UnexpectedStatus) as error:
        if not (tool.reads and _is_passing(error, tool, offer)):
            raise
        return await _again(attempt, tool, offer, error)


async def _again(attempt: Callable[[], Awaitable[T]], tool: Tool, offer: Offer, failed: Exception) -> T:
    """The first failure counts as the first attempt."""
    import stamina

    logger.info("%s: %s, trying again", tool.name, type(failed).__name__)
    first: Exception | None = failed
    async for trying in stamina.retry_context(
        on=lambda error: _is_passing(error, tool, offer),
        attempts=ATTEMPTS,
        timeout=tool.timeout,
        wait_initial=0.2,
        wait_max=1.0,
        wait_jitter=0.2,
    ):
        with trying:
            if first is not None:
                error, first = first, None
                raise error
            return await attempt()
    raise AssertionError("stamina raises the last error")


def _is_passing(error: Exception, tool: Tool, offer: Offer) -> bool:
    """Whether a read may do better a moment later. One that was slow would only be slow again."""
    if isinstance(error, UnexpectedStatus):
        answer = refusal(error.status, error.body, error.content_type, tool, offer)
        return error.status in (502, 503, 504) and answer.kind == "api_failed"
    if isinstance(error, httpx.TimeoutException):
        return isinstance(error, httpx.ConnectTimeout)
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError)
