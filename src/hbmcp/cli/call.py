"""hbmcp call: one tool, as a client would call it."""

import json
from decimal import Decimal
from typing import Annotated, Any

import typer

from hbmcp.cli.options import EnvFile


def call_tool(
    tool: Annotated[str, typer.Argument(help="Name of a tool; all tools are on unless HBMCP_* says otherwise.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Its arguments.")] = None,
    as_json: Annotated[str | None, typer.Option("--json", help="Its arguments as a JSON object instead.")] = None,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="What was sent under it isn't sent again for a day.")
    ] = None,
    env_file: EnvFile = None,
) -> None:
    """Call one tool, as a client would, and print what a model would read. Exits with 1 when the call failed."""
    import anyio

    from hbmcp import log, settings
    from hbmcp.bridge import Bridge
    from hbmcp.catalog import Catalog
    from hbmcp.cli import opening

    given = _arguments(arguments or [], as_json)
    told = settings.load(env_file_path=env_file, unused=("port",))
    if not told.toolsets and not told.tools:
        told = told.model_copy(update={"tools": ("all",)})
    log.configure(told.log_level)
    offer = Catalog.load().offer(told)
    opening.warn(told)

    async def call() -> bool:
        bridge = Bridge(offer, told)
        try:
            outcome = await bridge.call(tool, given, key=key)
        finally:
            await bridge.aclose()
        typer.echo(outcome.text)
        return outcome.is_error

    if anyio.run(call):
        raise typer.Exit(1)


def _arguments(pairs: list[str], as_json: str | None) -> dict[str, Any]:
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
