"""hbmcp tools: what serve would offer, and what it costs a model."""

import json
from typing import Any

import typer

from hbmcp.cli.options import ExcludeTools, ReadOnly, Tools, Toolsets


def list_tools(
    toolsets: Toolsets = None,
    tools: Tools = None,
    exclude_tools: ExcludeTools = None,
    read_only: ReadOnly = None,
) -> None:
    """List the tools that serve would offer, with what each costs a model in tokens."""
    from rich.console import Console
    from rich.table import Table

    from hbmcp import settings
    from hbmcp.catalog import Catalog
    from hbmcp.tokens import counter

    told = settings.load({"toolsets": toolsets, "tools": tools, "exclude_tools": exclude_tools, "read_only": read_only})
    offer = Catalog.load().offer(told)
    count, exact = counter()
    table = Table("tool", "toolset", "risk", show_footer=True)
    table.add_column("tokens" if exact else "tokens, about", justify="right")
    for tool in offer.tools:
        table.add_row(tool.name, tool.toolset, tool.risk, str(count(_compact(tool.definition))))
    table.columns[0].footer = f"{len(offer.tools)} of {len(offer.catalog.tools)} tools"
    table.columns[3].footer = f"{count(_compact(offer.definitions)):,}"
    Console(highlight=False).print(table)
    if not exact:
        typer.echo("Tokens are estimated at 4 characters each; install rs-bpe to count them (o200k).")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
