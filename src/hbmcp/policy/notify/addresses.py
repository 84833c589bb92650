"""Whom HBMCP_NOTIFY names, and how a message gets there: by apprise, which is loaded only where somebody is named."""

import logging
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import unquote

from hbmcp import extras
from hbmcp.errors import SettingsError
from hbmcp.identity import Identity
from hbmcp.policy.audit.record import words
from hbmcp.policy.notify.outbox import Address
from hbmcp.redaction import LONG, hide
from hbmcp.settings import VARIABLES, Settings

NAME = VARIABLES["notify"]

_SEPARATORS = re.compile(r"[/?&=#@:,]")
_AFTER_HOST = re.compile("[/?#]")
_HOST = re.compile(r"localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|\[[0-9a-f:.]+\]", re.IGNORECASE)
_WORD = re.compile("[a-z]+")  # no token is one


def addresses(settings: Settings) -> list[Address]:
    """Those that the settings name. From now on what is secret in them is masked.

    Raises SettingsError where apprise isn't installed, or can't read one of them; it quotes none.
    """
    named = [one.get_secret_value() for one in settings.notify]
    for url in named:
        hide(_secrets(url))
    return [_address(url, f"{place} of {len(named)}", settings) for place, url in enumerate(named, 1)]


def _address(url: str, place: str, settings: Settings) -> Address:
    apprise = _apprise()
    where = settings.name or ("paper" if settings.on_paper else Identity.of(settings).name)
    title = f"hbmcp on {where}"
    # Nothing of it is kept in a file.
    service = apprise.Apprise(asset=apprise.AppriseAsset(app_id="hbmcp", storage_mode="memory"))
    said = _LastWord()
    with said:
        readable = service.add(url)
    if not readable:
        raise SettingsError(
            f"{NAME}: its address {place} (from {settings.origins.get('notify', 'the settings')}) can't be read as one "
            "of apprise.",
            "Nobody would be told there, so hbmcp doesn't start.",
            "apprise's documentation has the form of each service's: ntfys://ntfy.sh/topic, say.",
        )

    def send(text: str) -> str:
        try:
            with said:
                delivered = service.notify(title=title, body=text, body_format="text")
        except Exception as error:  # whatever a service's module raises
            return type(error).__name__
        return "" if delivered else said.text.rstrip(".") or "apprise doesn't say why"

    return Address(f"{url.partition('://')[0]}://…", send)


class _LastWord(logging.Handler):
    """What apprise says last, inside of a `with`. It says why it failed in its log alone, at every try, and nowhere
    else does that appear."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = words(record.getMessage())

    def __enter__(self) -> None:
        self.text = ""
        logger = logging.getLogger("apprise")
        logger.propagate = False
        logger.addHandler(self)

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)


def _apprise() -> Any:
    try:
        return import_module("apprise")
    except ImportError:
        raise SettingsError(
            f"{NAME} is set, and apprise, which delivers notifications, isn't installed.",
            "Nobody would be told, so hbmcp doesn't start.",
            f"{extras.advice('notify')}, or unset it.",
        ) from None


def _secrets(url: str) -> Iterator[str]:
    """The address, and what in it may be a password or a token: all that is long and neither a word nor a host."""
    rest = url.partition("://")[2]
    login, _, host = _AFTER_HOST.split(rest, maxsplit=1)[0].rpartition("@")
    found = [url, login.partition(":")[2]]
    if rest.rstrip("/") != host or not _HOST.fullmatch(host.partition(":")[0]):
        found.append(rest)
    found += [
        piece
        for piece in _SEPARATORS.split(rest)
        if len(piece) >= LONG and not _HOST.fullmatch(piece) and not _WORD.fullmatch(piece)
    ]
    for one in found:
        yield from (one, unquote(one))
