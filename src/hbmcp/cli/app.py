"""The application: its commands, its own options, and how it ends where settings are wrong."""

import shutil
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Annotated

import typer

from hbmcp import __version__
from hbmcp.errors import SettingsError
from hbmcp.secret_names import names_secret

NARROW = 80  # columns below which typer's tables would cut the names of options

#: Each command, in the order of the help: its module in this package, and what it is called there.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve", "serve"),
    "tools": ("tools", "list_tools"),
    "call": ("call", "call_tool"),
    "paper": ("paper", "serve_paper"),
    "connect": ("connect", "connect"),
    "login": ("login", "login"),
    "logout": ("login", "logout"),
    "policy": ("policy", "policy"),
    "halt": ("halt", "halt"),
    "resume": ("halt", "resume"),
    "watch": ("watch", "watch"),
    "audit": ("audit", "audit"),
    "approvals": ("approvals", "approvals"),
    "token": ("token", "token"),
}


def options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Options of all commands."""
    if version:
        typer.echo(f"hbmcp {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        raise typer.Exit(2)


def application(wanted: str | None = None) -> typer.Typer:
    """All commands; or the `wanted` one alone, where there is such a one: the others would cost it time and memory."""
    app = typer.Typer(
        name="hbmcp",
        help="Lets AI assistants run a Hummingbot trading installation over the Model Context Protocol. "
        "Settings come from .env, from the environment, and from flags; the later wins.",
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they would print local variables, secrets among them
    )
    app.callback(invoke_without_command=True)(options)
    for name in COMMANDS if wanted is None or wanted not in COMMANDS else (wanted,):
        module, called = COMMANDS[name]
        command = getattr(import_module(f"hbmcp.cli.{module}"), called)
        if isinstance(command, typer.Typer):
            app.add_typer(command)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """The console script. Settings that are wrong end it with code 2 and a line on stderr."""
    try:
        _refuse_secrets(sys.argv[1:])
        app = application(next(iter(sys.argv[1:]), None))
        if shutil.get_terminal_size().columns < NARROW:
            app.rich_markup_mode = None
        app()
    except SettingsError as error:
        typer.echo(f"hbmcp: {error}", err=True)
        sys.exit(2)


def _refuse_secrets(arguments: Iterable[str]) -> None:
    """Raises SettingsError for --password and its like, without quoting what may be the password itself."""
    if any(one.startswith("-") and names_secret(one.partition("=")[0].replace("-", "_")) for one in arguments):
        raise SettingsError(
            "No option takes a password or a key: what stands on a command line, other programs can read, and the "
            "shell remembers.",
            "Nothing was done. Change that password or key, if it was real.",
            "`hbmcp login` keeps the API's password, HUMMINGBOT_API_PASSWORD_FILE names a file of it, and `hbmcp "
            "connect` takes an exchange's keys.",
        )
