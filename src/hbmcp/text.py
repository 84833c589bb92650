"""Text that others wrote, made safe and short enough to show."""

import re

# Escape sequences as a whole; controls but tab and newline; what is invisible, turns the direction or is half a pair.
_UNSAFE = (  # compiled by re when it is first needed
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
    "|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """The text without control characters, escape sequences and what can't be seen; tab and newline stay."""
    return text if text.isascii() and text.isprintable() else re.sub(_UNSAFE, "", text)


def cut(text: str, characters: int) -> str:
    """The beginning of a text, with a mark that says how much is missing where something is."""
    return text if len(text) <= characters else f"{text[:characters]}…(+{len(text) - characters} characters)"
