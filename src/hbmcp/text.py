"""Text that others wrote, made safe and short enough to show.

What is cut or changed here is masked before: half of a secret would never be known again.
"""

import re
from collections.abc import Sequence

from hbmcp.redaction import redacted

NAMED = 60  # characters of a name in a sentence
QUOTED = 700  # characters of a text that is quoted in one

# Escape sequences as a whole; controls but tab and newline; what is invisible, turns the direction or is half a pair.
_ESCAPES = (
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
_UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINED = "(?<=[\u2190-\U0001faff])[\ufe0e\ufe0f\u200d]+"  # what makes one picture of several
_PLAIN = r"(?:\w|\[\d+\])(?:[\w.:/@+$&-]|\[\d+\])*"


def visible(text: str) -> str:
    r"""The text with all in it to be seen: what has no width or no shape as \u200b. Tab and newline stay.

    In prose (with a space or a newline), as logs are, colours and the like are left out; in a name nothing is.
    """
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(_JOINED, "", text.replace("\r\n", "\n"))
    if re.search(r"\s", text):
        text = re.sub(_ESCAPES, "", text)
    return re.sub(_UNSEEN, _written, text)


def named(name: object) -> str:
    """A name that others chose, for a sentence of ours: as it is where it is one word, or else quoted."""
    text = visible(str(name))
    return text if len(text) <= NAMED and re.fullmatch(_PLAIN, text, re.ASCII) else quoted(text, NAMED)


def quoted(text: str, characters: int = QUOTED) -> str:
    r"""Words of others in a sentence of ours: between quotes, on one line, and so that they can't end the quotes."""
    text = beginning(visible(redacted(text)), characters)
    text = text.replace("\\", "\\\\") if '\\"' in text or text.endswith("\\") else text
    return '"{}"'.format(text.replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t"))


def words_of(error: BaseException) -> str:
    """What an exception says; nothing where it can't even say that."""
    try:
        return str(error)
    except Exception:
        return ""


def one_line(text: str) -> str:
    """Sentences of ours, whatever stands in them, on one line."""
    return " ".join(filter(None, map(str.strip, visible(redacted(text)).split("\n"))))


def first(several: Sequence[object], most: int) -> str:
    """The first of several, with commas, and an ellipsis where there are more."""
    return ", ".join(map(str, several[:most])) + (", …" if len(several) > most else "")


def beginning(text: str, characters: int) -> str:
    """So much of a text, and an ellipsis where something is missing."""
    if len(text) > characters and len(text := redacted(text)) > characters:
        return f"{text[:characters]}…"
    return text


def cut(text: str, characters: int) -> str:
    """The beginning of a text, with a mark that says how much is missing where something is."""
    if len(text) > characters and len(text := redacted(text)) > characters:
        return f"{text[:characters]}…(+{len(text) - characters} characters)"
    return text


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
