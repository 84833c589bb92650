"""What can go wrong with an answer. Failures of the connection itself are httpx.TransportError."""

from __future__ import annotations

from typing import Any


class HummingbotApiError(Exception):
    """The API answered, but not with what the contract promises."""


class UnexpectedStatus(HummingbotApiError):
    """The API refused the request or failed: any status but 2xx."""

    def __init__(self, status: int, body: bytes, content_type: str) -> None:
        super().__init__(f"the API answered with status {status}")
        self.status = status
        self.body = body
        self.content_type = content_type


class NotJson(HummingbotApiError):
    """The body of a good answer is not JSON."""

    def __init__(self, body: bytes) -> None:
        super().__init__("the answer is not JSON")
        self.body = body


class TooLarge(HummingbotApiError):
    """An answer has more bytes than are read of one: `seen` of them were, once decompressed."""

    def __init__(self, limit: int, seen: int) -> None:
        super().__init__(f"the answer has more than {limit} bytes")
        self.limit = limit
        self.seen = seen


class UnexpectedShape(HummingbotApiError, ValueError):
    """JSON of another shape than the contract's. `path` leads there: `data[3].price`, or "" for all of it."""

    def __init__(self, path: str, expected: str, got: Any) -> None:
        super().__init__(path, expected, got)
        self.path = path
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        """Says what kind of value came, never the value: it may be a secret."""
        return f"{self.path or 'the answer'}: expected {self.expected}, got {_kind(self.got)}"

    def within(self, step: str) -> UnexpectedShape:
        """The same error, seen from the value that holds this one under `step`: a key, or `[3]`."""
        separator = "." if self.path and not self.path.startswith("[") else ""
        return UnexpectedShape(f"{step}{separator}{self.path}", self.expected, self.got)


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
    return "nothing" if value is ... else "a number"
