"""What a person types at a terminal, secrets unseen; each is masked from then on in whatever hbmcp says."""

import sys
from collections.abc import Sequence

import typer

from hbmcp.errors import SettingsError
from hbmcp.redaction import hide
from hbmcp.settings import Settings
from hbmcp.settings.address import unencrypted


def only_at_a_terminal(why: str, undone: str = "", advice: str = "") -> None:
    """Raises SettingsError, which says so, where nobody can type."""
    if not sys.stdin.isatty():
        raise SettingsError(why, undone, advice)


def secrets_only(command: str) -> None:
    """Likewise, of a command that takes them in no other way."""
    only_at_a_terminal(
        f"{command} takes secrets only as they are typed, and its input is no terminal.",
        "Nothing was read or sent.",
        "Run it yourself, in a terminal.",
    )


def warn_of_eavesdroppers(told: Settings) -> None:
    """Said before anything secret is typed."""
    if not told.on_paper and unencrypted(told.api_url):
        say("The API's address is http, not https: whoever is on the way there can read what you type.")


def secret(label: str, *, optional: bool = False) -> str:
    """Without the blanks around it, which come with pasting; empty only where it is optional."""
    while True:
        value: str = typer.prompt(
            f"{label} (optional)" if optional else label, "", hide_input=True, show_default=False, err=True
        ).strip()
        hide([value])
        if value or optional:
            return value
        say("It is needed.")


def choice(label: str, choices: Sequence[str], *, optional: bool = False) -> str:
    """One of the choices, or, where it is optional, nothing."""
    shown = f"{label}, {' or '.join(choices)}{' (optional)' if optional else ''}"
    while True:
        value: str = typer.prompt(shown, "", show_default=False, err=True).strip()
        if value in choices or (optional and not value):
            return value
        say(f"It must be {' or '.join(choices)}.")


def say(line: str) -> None:
    """To the person, and not into what the command gives."""
    typer.echo(line, err=True)
