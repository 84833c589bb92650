"""hbmcp call: one tool, as a client would call it."""

import json
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp.cli.door import Door
from hbmcp.cli.options import EnvFile, Which

if TYPE_CHECKING:
    from hbmcp.catalog import Tool


def call_tool(
    tool: Annotated[
        str,
        typer.Argument(
            help="Name of a tool. Unless HBMCP_* says otherwise all are on, but for those that it has to name."
        ),
    ],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Its arguments.")] = None,
    as_json: Annotated[
        str | None, typer.Option("--json", help="Its arguments as a JSON object instead; - reads it from stdin.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="What was sent under it isn't sent again for a day.")
    ] = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Call one tool, as a client would, and print what a model would read. Exits with 1 when the call failed."""
    from hbmcp.catalog import Catalog

    from_stdin = as_json == "-"
    given = read_arguments(arguments or [], sys.stdin.read() if from_stdin else as_json)
    if not from_stdin and (known := Catalog.load().names.get(tool)):
        given |= typed_secrets(known, given)
    if Door.opened(env_file, installation).call(tool, given, key).is_error:
        raise typer.Exit(1)


def typed_secrets(tool: "Tool", given: dict[str, Any]) -> dict[str, Any]:
    """The secrets that a tool needs, as they are typed unseen. Raises SettingsError as `needed_secrets` does, and where
    nobody can type."""
    from hbmcp.cli import typed

    needed = needed_secrets(
        tool, given, "Leave it out, and type it when it is asked for; or give all arguments on stdin, with --json -."
    )
    if not needed:
        return {}
    typed.secrets_only(f"hbmcp call {tool.name}")
    return {name: typed.secret(name) for name in needed}


def needed_secrets(tool: "Tool", given: dict[str, Any], advice: str) -> list[str]:
    """The names of the secrets that a tool must be given. Raises SettingsError for one on the command line, which other
    processes and the shell's history show."""
    from hbmcp.arguments.credentials import secret_names
    from hbmcp.errors import SettingsError

    names = secret_names(tool)
    if shown := sorted(names & given.keys()):
        raise SettingsError(
            f"{', '.join(shown)} of {tool.name} is a secret, and a command line is seen by others.",
            "Nothing was sent.",
            advice,
        )
    return [name for name in tool.schema.get("required", ()) if name in names]


def read_arguments(pairs: list[str], as_json: str | None) -> dict[str, Any]:
    """Arguments as they were typed. Raises typer.BadParameter."""
    if as_json is not None:
        if pairs:
            raise typer.BadParameter("give KEY=VALUE or --json, not both")
        try:
            given = json.loads(as_json, parse_float=Decimal)
        except ValueError as error:
            raise typer.BadParameter(f"--json isn't JSON: {error}") from None
        if not isinstance(given, dict):
            raise typer.BadParameter('--json must be an object, e.g. \'{"trading_pair": "BTC-USDT"}\'')
        return given
    if wrong := [pair for pair in pairs if "=" not in pair]:
        raise typer.BadParameter(f"{wrong[0]!r} isn't KEY=VALUE")
    return dict(pair.split("=", 1) for pair in pairs)
