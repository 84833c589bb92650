"""Whether the reason of a failure proves that nothing was done.

It is believed as a whole only: first what the API was at, then one sentence of those that come before anything is done,
and no word more. With such a sentence somewhere in it, it may tell of what went wrong once it was done.
"""

import re

from hbmcp.errors.reasons import READINGS, REQUEST_FAILED

_AT = (
    "(?:(?:Unexpected error placing trade|Error creating executor|Error cancelling order|Error initializing order book|"
    "Error restarting order book tracker|Failed to set leverage|Failed to set position mode): )?"
)
# What was looked for, and isn't there.
_ABSENT = re.compile(
    _AT
    + "(?:"
    + "|".join(
        (
            *(pattern.pattern for pattern, _ in READINGS),
            r"No order book exists for '[^']+'",
            r"Failed to initialize order book for [\w./:-]+",
        )
    )
    + r")\.?|Error (?:initializing order book|restarting order book tracker): Connector [\w.-]+ not found"
)
# An exchange that is asked to do something by POST, and says no. A GET may look for what was done.
_DENIED = re.compile(
    _AT
    + REQUEST_FAILED
    + r" POST \S+\. HTTP status is 4\d\d\. Error: "
    + r'\{"code": ?(-?\d+), ?"msg": ?"(?:[^"\\]|\\.)*"\}'
)
_ANSWERED = re.compile(REQUEST_FAILED + r' \w+ \S+\. HTTP status is (\d+)\. Error: (?:\{"code": ?(-?\d+))?')
_WAITED = 408  # the exchange gave up waiting for itself
_UNSURE = (-1000, -1001, -1006, -1007)  # Binance's: unknown, disconnected, no answer from behind, timed out
_OF_AN_EARLIER = (-2011, -2013, -2026)  # Binance's: of an order that is there, or was
_TWICE = re.compile("duplicat", re.IGNORECASE)  # the first of two was taken
# In other words: nothing from this place is answered, and what only a new order is told.
_NOT_HERE = re.compile(_AT + r"451 Client Error: Unavailable For Legal Reasons(?: for url: \S+)?")
_NO_ORDER = re.compile(_AT + r"APIError\(code=-(?:1013|20(?:10|18|19|2[0-24578]))\): [^:]*")


def is_refusal(text: str) -> bool:
    """Whether what it was to be done with isn't there, or an exchange didn't take it."""
    if _TWICE.search(text) or is_unsure(text):
        return False
    if denied := _DENIED.fullmatch(text):
        return int(denied[1]) not in _OF_AN_EARLIER
    return any(one.fullmatch(text) for one in (_ABSENT, _NOT_HERE, _NO_ORDER))


def is_unsure(text: str) -> bool:
    """Whether it repeats an exchange that doesn't know itself: its 5xx, or the codes of its own time-outs."""
    return any(
        int(status) == _WAITED or int(status) >= 500 or int(code or 0) in _UNSURE
        for status, code in _ANSWERED.findall(text)
    )
