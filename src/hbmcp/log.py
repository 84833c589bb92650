"""Logs: lines on stderr, in UTC, with secrets masked."""

import logging
import sys
import time
from collections.abc import Iterator

from hbmcp.redaction import redacted, without_credentials

# Only warnings and worse from these: their debug lines carry whole messages, and so arguments.
LIBRARIES = (
    "apprise",
    "asyncio",
    "httpcore",
    "httpx",
    "mcp",
    "opentelemetry",
    "sse_starlette",
    "urllib3",
    "uvicorn",
)

# Why a client that left in the middle of something can't be answered, as libraries raise it.
GONE = {
    "BrokenPipeError",
    "BrokenResourceError",
    "ClientDisconnect",
    "ClosedResourceError",
    "ConnectionAbortedError",
    "ConnectionResetError",
}

# How it begins what libraries say of a client's ways, or of ours to end, with which nobody can do anything.
IDLE = (
    "ASGI callable returned without completing response.",  # it was under way when the server was told to end
    "dropped %r: malformed params",  # of a notification
    "%s gave up: transport write blocked",  # the client doesn't read
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",  # none is wanted
)


class _Formatter(logging.Formatter):
    """Masks in the finished line, so that what an exception says is masked too; what is known first, while it is
    whole."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return without_credentials(redacted(super().format(record)))


def configure(level: str) -> None:
    """Send every log line at `level` or above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ"))
    handler.addFilter(_worth_telling)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # api says itself what it repeats
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLogger().level))


def silence_libraries() -> None:
    """From now on libraries log nothing."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: not _of_library(record))


def _of_library(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] in LIBRARIES


def _worth_telling(record: logging.LogRecord) -> bool:
    """Not what is idle, nor that a client has gone, which it may: libraries log it as an error."""
    if not _of_library(record):
        return True
    error = record.exc_info[1] if record.exc_info else None
    return not (str(record.msg).startswith(IDLE) or (error and all(map(_of_one_gone, _each(error)))))


def _of_one_gone(error: BaseException) -> bool:
    """Whether it is such an error, or was raised while one was handled."""
    return type(error).__name__ in GONE or bool(error.__context__ and _of_one_gone(error.__context__))


def _each(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _each(one)
    else:
        yield error
