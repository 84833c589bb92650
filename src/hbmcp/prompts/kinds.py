"""What can be typed into an argument, by its kind."""

import re
from collections.abc import Callable, Mapping

from attrs import frozen

from hbmcp.times import to_milliseconds

_NUMBER = r"(?=[\d.]*[1-9])\d{1,15}(?:\.\d{1,18})?"  # above 0


@frozen
class Kind:
    """`expected` is what it can be, in words. `read` gives the value as the text has it, None for what it can't be."""

    expected: str
    read: Callable[[str], str | None]


def _form(pattern: str) -> Callable[[str], str | None]:
    """Reads text of a pattern: its group, or the whole."""
    form = re.compile(pattern, re.ASCII)

    def read(text: str) -> str | None:
        found = form.fullmatch(text)
        return found and found[form.groups]

    return read


def _pair(text: str) -> str | None:
    """Free but for its form: a token may have letters of any kind, or be an address."""
    return text if all(text.partition("-")[::2]) and not re.search(r"\s", text) else None


def _time(text: str) -> str | None:
    try:
        to_milliseconds(text)
    except ValueError:
        return None
    return text


KINDS: Mapping[str, Kind] = {
    "text": Kind("text", str),
    "amount": Kind("a number more than 0, e.g. 100", _form(_NUMBER)),
    "percent": Kind("a percentage more than 0, e.g. 5", _form(rf"-?\s*({_NUMBER})\s*%?")),
    "days": Kind("whole days from 1 to 365, e.g. 7", _form(r"[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-5]")),
    "price": Kind("a price, e.g. 45000, or a signed percentage, e.g. -5%", _form(rf"{_NUMBER}|[+-]{_NUMBER}\s*%")),
    "pair": Kind("BASE-QUOTE, e.g. BTC-USDT", _pair),
    "time": Kind("an age, e.g. 7d, or a UTC time", _time),
    "bot_name": Kind("letters, digits, - and _, e.g. hummingbot-btc-mm", _form(r"[A-Za-z0-9][A-Za-z0-9_-]*")),
}
