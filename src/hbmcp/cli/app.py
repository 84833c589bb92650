"""The application: its commands, its own options, and how it ends where settings are wrong."""

import shutil
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from hbmcp import __version__
from hbmcp.cli.approvals import approvals
from hbmcp.cli.audit import audit
from hbmcp.cli.call import call_tool
from hbmcp.cli.connect import connect
from hbmcp.cli.halt import halt, resume
from hbmcp.cli.login import login, logout
from hbmcp.cli.paper import serve_paper
from hbmcp.cli.policy import policy
from hbmcp.cli.serve import serve
from hbmcp.cli.token import token
from hbmcp.cli.tools import list_tools
from hbmcp.cli.watch import watch
from hbmcp.errors import SettingsError
from hbmcp.secret_names import names_secret

NARROW = 80  # columns below which typer's tables would cut the names of options

app = typer.Typer(
    name="hbmcp",
    help="Lets AI assistants run a Hummingbot trading installation over the Model Context Protocol. "
    "Settings come from .env, from the environment, and from flags; the later wins.",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, secrets among them
)


@app.callback(invoke_without_command=True)
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


app.command()(serve)
app.command("tools")(list_tools)
app.command("call")(call_tool)
app.command("paper")(serve_paper)
app.command()(connect)
app.command()(login)
app.command()(logout)
app.add_typer(policy)
app.command()(halt)
app.command()(resume)
app.command()(watch)
app.add_typer(audit)
app.add_typer(approvals)
app.add_typer(token)


def main() -> None:
    """The console script. Settings that are wrong end it with code 2 and a line on stderr."""
    if shutil.get_terminal_size().columns < NARROW:
        app.rich_markup_mode = None
    try:
        _refuse_secrets(sys.argv[1:])
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
