"""hbmcp tools: what serve would offer, and what it costs a model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from hbmcp.cli.options import (
    Discovery,
    EnvFile,
    ExcludeTools,
    Plugins,
    ReadOnly,
    Tools,
    Toolsets,
    Which,
    offer_settings,
)

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.catalog import Offer, Tool
    from hbmcp.settings import Settings


def list_tools(
    toolsets: Toolsets = None,
    tools: Tools = None,
    exclude_tools: ExcludeTools = None,
    plugin: Plugins = None,
    discovery: Discovery = None,
    read_only: ReadOnly = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """List the tools that serve would offer, with what each costs a model in tokens."""
    from rich.console import Console

    from hbmcp import log, settings
    from hbmcp.cli import opening
    from hbmcp.plugins.loading import catalog
    from hbmcp.policy.file import in_force
    from hbmcp.policy.offered import offered
    from hbmcp.tokens import counter, shown

    told = settings.load(
        offer_settings(toolsets, tools, exclude_tools, plugin, discovery, read_only),
        env_file_path=env_file,
        unused=settings.HTTP,
        installation=installation,
    )
    log.configure(told.log_level)
    held = in_force(told)
    offer = offered(catalog(told), told, held.policy)
    opening.warn(told, held)
    count, exact = counter()
    unit = "tokens" if exact else "tokens, about"
    seen = [*_of_discovery(told, offer), *offer.listed]
    rows = [(tool.name, tool.toolset, tool.risk, str(count(shown([tool.definition])))) for tool in seen]
    total = f"{count(shown(tool.definition for tool in seen)):,}"
    of = f"{len(seen)} of {len(offer.catalog.tools)} tools"
    table = _table(rows, ("tool", "toolset", "risk", unit), (of, "", "", total))
    console = Console(highlight=False)
    needed = console.measure(table, options=console.options.update(max_width=1000)).maximum
    if needed > console.width and not console.is_terminal:
        console = Console(highlight=False, width=needed)  # a file is as wide as it must be
    if needed > console.width:
        for name, toolset, risk, tokens in rows:
            typer.echo(f"{name} ({toolset}, {risk}, {tokens})")
        typer.echo(f"{of}, {unit}: {total}")
    else:
        console.print(table)
    if not exact:
        typer.echo("Tokens are estimated at 4 characters each; install rs-bpe to count them (o200k).")


def _of_discovery(told: "Settings", offer: "Offer") -> "list[Tool]":
    if told.discovery == "off":
        return []
    from hbmcp.discovery.tools import own

    return own(told.discovery, offer)


def _table(rows: Sequence[tuple[str, ...]], header: tuple[str, ...], footer: tuple[str, ...]) -> "Table":
    from rich.table import Table

    table = Table(show_footer=True)
    for name, last in zip(header, footer, strict=True):
        table.add_column(name, last, justify="right" if name == header[-1] else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
