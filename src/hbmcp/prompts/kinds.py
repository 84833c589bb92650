"""What can be typed into an argument, by its kind."""

import re
from collections.abc import Callable, Mapping

from attrs import frozen

from hbmcp.times import now, to_milliseconds

_NUMBER = r"(?=[\d.]*[1-9])\d{1,15}(?:\.\d{1,18})?"  # above 0
_UNDER_100 = r"(?=[\d.]*[1-9])\d{1,2}(?:\.\d{1,18})?"  # and above 0


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


def _asset(text: str) -> str | None:
    return _pair(text) if "-" in text else text if text.isalnum() else None


def _past(text: str) -> str | None:
    """A time at which something could have begun."""
    before = now()
    try:
        return text if to_milliseconds(text) < before else None
    except ValueError:
        return None


def _perpetual(text: str) -> str | None:
    return text if "perpetual" in text.casefold() else None


KINDS: Mapping[str, Kind] = {
    "text": Kind("text", str),
    "amount": Kind("a number more than 0, e.g. 100", _form(_NUMBER)),
    "percent": Kind("a percentage above 0, up to 100, without a sign, e.g. 5", _form(rf"(100|{_UNDER_100})\s*%?")),
    "days": Kind("whole days from 1 to 365, e.g. 7", _form(r"[1-9]\d?|[12]\d\d|3[0-5]\d|36[0-5]")),
    "price": Kind(
        "a price, e.g. 45000, or how far from the current one: -5% is below it, +5% above",
        _form(rf"{_NUMBER}|\+{_NUMBER}\s*%|-{_UNDER_100}\s*%"),
    ),
    "lower_price": Kind(
        "a price, e.g. 45000, or how far below the current one, e.g. -5%", _form(rf"{_NUMBER}|-{_UNDER_100}\s*%")
    ),
    "stop": Kind(
        "a price, e.g. 45000, or the loss to get out at, e.g. -5%, also of what is sold",
        _form(rf"{_NUMBER}|-{_UNDER_100}\s*%"),
    ),
    "perpetual": Kind("a perpetual exchange, e.g. binance_perpetual", _perpetual),
    "pair": Kind("BASE-QUOTE, e.g. BTC-USDT", _pair),
    "asset": Kind("a coin, e.g. BTC, or BASE-QUOTE, e.g. BTC-USDT", _asset),
    "past": Kind("an age, e.g. 7d, or a past UTC time", _past),
    "bot_name": Kind("letters, digits, - and _, e.g. hummingbot-btc-mm", _form(r"[A-Za-z0-9][A-Za-z0-9_-]*")),
}
