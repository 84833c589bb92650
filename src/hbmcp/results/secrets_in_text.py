"""Secrets in the lines of somebody else's log or error, which no one named to us: they are known by what stands beside.

Gateway writes down the value of every setting, keys among them; nodes are reached at addresses that hold a key; a key
that is refused is repeated by its beginning.
"""

import re

from hbmcp.redaction import MASK, redacted
from hbmcp.secret_names import SECRET_WORDS

# A value goes up to the end of its line: it may be a text, an object, or a text that holds quotes.
_SET = re.compile(r"(\bwith value: ?|\bset to |\bCannot set \S+ to )(?:(?!: JSON schema).)+", re.IGNORECASE)
# Of an address the host is enough to know a node by. The rest holds keys, as a path or a query does, or a password.
_ADDRESS = re.compile(r"(\b(?:https?|wss?)://)(?:[^\s/@'\"`]*@)?([^\s/?#'\"`,;)\]}]+)[/?#][^\s'\"`,;)\]}]*")
_LOGIN = re.compile(r"(\b(?:https?|wss?)://)[^\s/@'\"`]*@")
# What stands before a name's telling word is left out: looked for everywhere, it takes minutes in a long text. So it
# does to look from each of a name's telling words for a value that doesn't follow: the name is found without one too.
_NAMED = re.compile(
    rf"((?:{SECRET_WORDS})[\w.-]*+)(?:([\"'`]?\s*+[:=]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;)\]}}]+))?", re.IGNORECASE
)
_SPELLED = re.compile(r"(\bprivate key:? ).+", re.IGNORECASE)


def scrubbed(text: str) -> str:
    """The text with `***` in place of what was set, of secrets by their names, and of what follows a node's host."""
    text = _SET.sub(rf"\1{MASK}", redacted(text))
    text = _ADDRESS.sub(rf"\1\2/{MASK}", text)
    text = _LOGIN.sub(rf"\1{MASK}@", text)
    text = _SPELLED.sub(rf"\1{MASK}", text)
    return _NAMED.sub(lambda found: found[0] if found[2] is None else f"{found[1]}{found[2]}{MASK}", text)
