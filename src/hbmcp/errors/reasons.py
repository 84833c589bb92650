"""The API's own reasons for a failure, in a reader's words.

The API repeats what an exchange, its server framework or Python said: addresses, class names and links to manuals
among it. What they mean is shorter.
"""

import re

from hbmcp.redaction import redacted
from hbmcp.text import named, quoted, visible
from hummingbot_api.errors import UnexpectedShape

REQUEST_FAILED = "Error executing request"  # how the API begins to repeat what an exchange answered

_EXCHANGE = re.compile(
    REQUEST_FAILED + r" \w+ \S+\. HTTP status is (\d+)\. Error: "
    r'(?:\{"code": ?(-?\d+), ?"msg": ?"((?:[^"\\]|\\.)*)"\})?'
)
# What the commonest reasons mean. Each says that something isn't there; see refusals.
READINGS = (
    (re.compile(r"Directory '(?:bots/)?credentials/([^/']+)/connectors' not found"), r"there is no account '\1'"),
    (re.compile(r"Folder '([^']+)' not found in 'credentials'"), r"there is no account '\1'"),
    (
        re.compile(r"(?:\[Errno 2\] )?No such file or directory: 'bots/credentials/([^/']+)'"),
        r"there is no account '\1'",
    ),
    (
        re.compile(
            r"Failed to get chain/network info: Invalid network format '([^']+)'(?:\. Use format like '[\w-]+')?"
        ),
        r"there is no connector '\1'",
    ),
    (
        re.compile(
            r"\w+\.__init__\(\) missing \d+ required positional arguments?: (?='[^:]*_(?:api_)?(?:key|secret))"
            r"'\w+'(?:,? (?:and )?'\w+')*"
        ),
        "this account has no API keys for this connector",
    ),
)
# Neither looks twice at a long run of blanks, nor to the end for each beginning: an API repeats what it was given.
_PYDANTIC_NOTE = re.compile(r"(?<!\s)\s*+For further information visit \S+")
_PYDANTIC_TYPE = re.compile(r" \[type=\w+, input_value=.{0,200}?, input_type=\w+\]")  # which Pydantic cuts at 50
_ADDRESS = re.compile(r"\b(?:https?|wss?)://[^\s'\",)\]}]+")
_BLANKS = re.compile(r"[^\S\n]+")


def tidy(text: str) -> str:
    """A reason, shortened to what it says, to stand between the quotes of a sentence."""
    return quoted(in_words(text))[1:-1]


def in_words(text: str) -> str:
    """All of a reason, without addresses, control characters and links to manuals."""
    text = _EXCHANGE.sub(_exchange_words, visible(redacted(text)))
    for pattern, meaning in READINGS:
        text = pattern.sub(meaning, text)
    text = _PYDANTIC_TYPE.sub("", _PYDANTIC_NOTE.sub("", text))
    return _BLANKS.sub(" ", _ADDRESS.sub("(address)", text)).strip().removesuffix(".")


def misfit(odd: UnexpectedShape) -> str:
    """Where an answer isn't what the contract promises, and how: keys of the answer stand in the path."""
    return str(UnexpectedShape(named(odd.path) if odd.path else "", odd.expected, odd.got))


def from_exchange(text: str) -> bool:
    """Whether a reason repeats what an exchange answered."""
    return _EXCHANGE.search(text) is not None


def _exchange_words(found: re.Match[str]) -> str:
    said = f"{found[3]} (code {found[2]})" if found[2] else ""
    return f"the exchange answered HTTP {found[1]}: {said}"
