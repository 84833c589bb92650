"""The application: its commands, its own options, and how it ends where settings are wrong."""

import shutil
import sys
from typing import Annotated

import typer

from hbmcp import __version__
from hbmcp.cli.audit import audit
from hbmcp.cli.call import call_tool
from hbmcp.cli.halt import halt, resume
from hbmcp.cli.paper import serve_paper
from hbmcp.cli.policy import policy
from hbmcp.cli.serve import serve
from hbmcp.cli.tools import list_tools
from hbmcp.errors import SettingsError

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
app.add_typer(policy)
app.command()(halt)
app.command()(resume)
app.add_typer(audit)


def main() -> None:
    """The console script. Settings that are wrong end it with code 2 and a line on stderr."""
    if shutil.get_terminal_size().columns < NARROW:
        app.rich_markup_mode = None
    try:
        app()
    except SettingsError as error:
        typer.echo(f"hbmcp: {error}", err=True)
        sys.exit(2)
