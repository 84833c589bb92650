"""Secrets that hbmcp was told, masked in whatever it says, however they are written there."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain
from urllib.parse import quote, quote_plus

MASK = "***"
# A header, or an address with credentials. The "@" after those may have been cut off; a port ends where its digits do.
_CREDENTIALS = re.compile(
    r"(\b(?:basic|bearer)\s+|://(?!\[)[^\s/@:]*:(?!\d{1,5}(?=$|[\s/?#'\"`,;)\]])(?!\S*@)))[^\s@'\",]+", re.IGNORECASE
)
LONG = 8  # characters; what is shorter may be a word (the API's own default password is admin) or a part of one
SHORTEST = 4  # what is shorter is masked nowhere: it would only garble the text
JSON_IN_JSON = 3  # levels: a log's line of JSON, in an answer of JSON, shown as JSON
ACCESS_TOKEN = r"hbmcp_[A-Za-z0-9_-]{43}"  # of our own, see hbmcp.access

LONGEST = 10_000  # what is longer is no key of a call
KEPT = 100  # values of calls that stay masked; and of one call, while it lasts

_forms: set[str] = set()
_sent: dict[str, set[str]] = {}  # values of calls that were sent, the oldest first, and how they may be written
_said: ContextVar[dict[str, set[str]] | None] = ContextVar("said", default=None)  # those of the call under way


def hide(values: Iterable[str]) -> None:
    """From now on `redacted` masks these values, percent-encoded, in base64 and in JSON too; and their lines, for a
    text may be shown line by line."""
    for value in values:
        _forms.update(_forms_of(value))


@contextmanager
def call_under_way() -> Iterator[None]:
    """Inside it what is `hide_said` stays hidden up to its end: what a caller makes up masks nothing for others."""
    token = _said.set({})
    try:
        yield
    finally:
        _said.reset(token)


def hide_said(values: Iterable[str]) -> None:
    """Hide values that the call under way was given, in what is said of it."""
    if (said := _said.get()) is not None:
        _keep(said, values, SHORTEST)


def hide_sent(values: Iterable[str]) -> None:
    """Hide values of a call that is granted, from now on, for the API knows them and may say them at any time: what is
    long enough to be no word, and of many the last."""
    _keep(_sent, values, LONG)


def _keep(kept: dict[str, set[str]], values: Iterable[str], shortest: int) -> None:
    told = [value for value in values if shortest <= len(value) <= LONGEST][:KEPT]
    for value in told:
        kept[value] = kept.pop(value, set()) or _forms_of(value)
    for value in list(kept)[:-KEPT]:
        del kept[value]


def hide_login(username: str, password: str) -> None:
    """The password, and what HTTP Basic makes of both."""
    hide([password, f"{username}:{password}"])


def redacted(text: str) -> str:
    """The text with `***` for all that is hidden, and for access tokens; what is short only where it stands alone as a
    word."""
    if len(text) < SHORTEST:
        return text
    # The longest first: a secret may contain another.
    hidden = chain(_forms, *_sent.values(), *(_said.get() or {}).values())
    for form in sorted({one for one in hidden if one in text}, key=len, reverse=True):
        text = text.replace(form, MASK) if len(form) >= LONG else re.sub(_alone(form), MASK, text)
    return re.sub(ACCESS_TOKEN, MASK, text) if "hbmcp_" in text else text


def without_credentials(text: str) -> str:
    """The text with `***` for what follows "Basic" and "Bearer", and for the password in an address; its port stays."""
    return _CREDENTIALS.sub(rf"\1{MASK}", text)


def _forms_of(value: str) -> set[str]:
    if len(value) < SHORTEST:
        return set()
    lines = {line for line in value.split("\n") if len(line) >= LONG}
    return lines | {form for form in _written(value) if len(form) >= SHORTEST}


def _written(value: str) -> Iterator[str]:
    """A value in every way in which it may stand in a text."""
    data = value.encode("utf-8", "surrogatepass")
    encodings = {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    for written in (value, *encodings, *(one.rstrip("=") for one in encodings)):  # base64 may come without the end
        yield from (written, repr(written)[1:-1])
        raw = written.encode("utf-8", "surrogatepass")
        for encoded in (quote(raw, safe=""), quote(raw), quote_plus(raw)):
            yield encoded
            yield re.sub("%..", lambda found: found[0].lower(), encoded)
        escaped = {written, repr(written)[1:-1]}
        for _ in range(JSON_IN_JSON):
            escaped = {deeper for one in escaped for deeper in _json(one)}
            yield from escaped


def _json(text: str) -> Iterator[str]:
    yield json.dumps(text)[1:-1]
    yield json.dumps(text)[1:-1].replace("/", "\\/")
    yield json.dumps(text, ensure_ascii=False)[1:-1]


def _alone(form: str) -> str:
    return rf"(?<![\w-]){re.escape(form)}(?![\w-])"
