"""A request as data. Building one sends nothing: `Client.send` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote

from attrs import field, frozen

from hummingbot_api.exact_json import dumps

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

#: Any JSON value: None, bool, str, int, Decimal, list or dict.
Json: TypeAlias = Any
Pairs: TypeAlias = tuple[tuple[str, str], ...]


class Quoted(str):
    """Text of a query that is percent-encoded already, because the commas in it separate values."""

    __slots__ = ()


UNKNOWN = "application/octet-stream"


@frozen
class File:
    """A file to upload; without a name it is a part of a form that has a media type."""

    content: bytes = field(repr=False)
    name: str | None = "file"
    media_type: str = UNKNOWN


@frozen
class Request(Generic[T]):
    """One call of an operation; `parse` turns the JSON of its answer into a `T`."""

    method: str
    path: str  # percent-encoded
    query: Pairs = ()
    headers: Pairs = field(default=(), repr=False)
    cookies: Pairs = field(default=(), repr=False)
    json: Json = field(default=None, repr=False)
    form: Pairs | None = field(default=None, repr=False)
    files: tuple[tuple[str, File | str], ...] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    media_type: str | None = None  # of the body, where its kind doesn't say it
    may_be_text: bool = False  # the contract promises no JSON: any other answer is read as text
    parse: Callable[[Json], T] = field(kw_only=True, repr=False)

    def build(self, http: httpx.AsyncClient) -> httpx.Request:
        """The HTTP request, with the base address, headers and authentication of `http`.

        Raises:
            ValueError: the body has a number that is infinite or NaN.
        """
        content, media_type = self._body()
        headers = (*self.headers, *([("Content-Type", media_type)] if media_type else ()))
        return http.build_request(
            self.method,
            self.path + self._query(),
            headers=[(name.encode(), value.encode()) for name, value in headers],
            cookies=dict(self.cookies) or None,
            content=content,
            files=self._files(),
        )

    def _query(self) -> str:
        pairs = (f"{quote(name, safe='')}={_quoted(value)}" for name, value in self.query)
        return "?" + "&".join(pairs) if self.query else ""

    def _body(self) -> tuple[bytes | None, str | None]:
        if self.json is not None:
            return dumps(self.json), self.media_type or "application/json"
        if self.form is not None:
            pairs = (f"{quote(name, safe='')}={_quoted(value)}" for name, value in self.form)
            return "&".join(pairs).encode(), self.media_type or "application/x-www-form-urlencoded"
        return self.content, None if self.content is None else self.media_type

    def _files(self) -> list[tuple[str, tuple[str | None, bytes, str | None]]] | None:
        if self.files is None:
            return None
        return [
            (
                name,
                (part.name, part.content, part.media_type) if isinstance(part, File) else (None, part.encode(), None),
            )
            for name, part in self.files
        ]


def _quoted(value: str) -> str:
    return value if isinstance(value, Quoted) else quote(value, safe="")
