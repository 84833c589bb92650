"""Secrets that hbmcp was told, masked in whatever it says, however they are written there."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

MASK = "***"
LONG = 8  # characters; what is shorter may be a word (the API's own default password is admin) or a part of one
SHORTEST = 4  # what is shorter is masked nowhere: it would only garble the text
JSON_IN_JSON = 3  # levels: a log's line of JSON, in an answer of JSON, shown as JSON
ACCESS_TOKEN = r"hbmcp_[A-Za-z0-9_-]{43}"  # of our own, see hbmcp.access

_forms: set[str] = set()


def hide(values: Iterable[str]) -> None:
    """From now on `redacted` masks these values, percent-encoded, in base64 and in JSON too; and their lines, for a
    text may be shown line by line."""
    for value in values:
        if len(value) >= SHORTEST:
            _forms.update(form for form in _written(value) if len(form) >= SHORTEST)
            _forms.update(line for line in value.split("\n") if len(line) >= LONG)


def hide_login(username: str, password: str) -> None:
    """The password, and what HTTP Basic makes of both."""
    hide([password, f"{username}:{password}"])


def redacted(text: str) -> str:
    """The text with `***` for all that is hidden, and for access tokens; what is short only where it stands alone as a
    word."""
    # The longest first: a secret may contain another.
    for form in sorted((one for one in _forms if one in text), key=len, reverse=True):
        text = text.replace(form, MASK) if len(form) >= LONG else re.sub(_alone(form), MASK, text)
    return re.sub(ACCESS_TOKEN, MASK, text) if "hbmcp_" in text else text


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
