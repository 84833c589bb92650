"""hbmcp on the command line: serve, tools, call, paper.

What a command needs it imports itself: serve must be quick, and has no use for tables.
"""

import gc
import json
import sys
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp import __version__
from hbmcp.errors import SettingsError

if TYPE_CHECKING:
    from hbmcp.catalog import Offer
    from hbmcp.settings import Settings

app = typer.Typer(
    name="hbmcp",
    help="Lets AI assistants run a Hummingbot trading installation over the Model Context Protocol. "
    "Settings come from the environment, from .env, and from flags; the later wins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print local variables, secrets among them
)


class Transport(StrEnum):
    """How clients reach the server."""

    STDIO = "stdio"
    HTTP = "http"


class LogLevel(StrEnum):
    """What is logged, on stderr."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    CRITICAL = "CRITICAL"


Toolsets = Annotated[str | None, typer.Option(help="Toolsets to offer, with commas between, or all (HBMCP_TOOLSETS).")]
Tools = Annotated[
    str | None, typer.Option(help="Single tools to offer, or all; without --toolsets, only these (HBMCP_TOOLS).")
]
ExcludeTools = Annotated[str | None, typer.Option(help="Tools not to offer (HBMCP_EXCLUDE_TOOLS).")]
ReadOnly = Annotated[
    bool | None,
    typer.Option("--read-only", help="Offer only what changes nothing, whatever else is set (HBMCP_READ_ONLY)."),
]


Balance = Annotated[
    list[str] | None,
    typer.Option(
        "--paper-balance",
        metavar="TOKEN=AMOUNT",
        help="What a new paper exchange starts with, on each exchange that takes the token (HBMCP_PAPER_BALANCE).",
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--paper-db",
        metavar="FILE",
        help="Where the paper exchange keeps its state, or :memory: (HBMCP_PAPER_DB, or your data folder).",
    ),
]
Reset = Annotated[bool | None, typer.Option("--paper-reset", help="Begin a new paper exchange (HBMCP_PAPER_RESET).")]
Speed = Annotated[
    float | None, typer.Option("--paper-speed", help="How many times as fast its time goes (HBMCP_PAPER_SPEED, or 1).")
]


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


@app.command()
def serve(
    transport: Annotated[Transport, typer.Option(help="stdio, or streamable HTTP on 127.0.0.1.")] = Transport.STDIO,
    port: Annotated[int | None, typer.Option(help="Port for HTTP (MCP_SERVER_PORT, or 3000).")] = None,
    toolsets: Toolsets = None,
    tools: Tools = None,
    exclude_tools: ExcludeTools = None,
    read_only: ReadOnly = None,
    log_level: Annotated[
        LogLevel | None, typer.Option(case_sensitive=False, help="What is logged, on stderr (LOG_LEVEL, or INFO).")
    ] = None,
    paper: Annotated[
        bool | None,
        typer.Option(
            "--paper",
            help="Trade on a simulated exchange (HBMCP_PAPER); so does a server that is told of no Hummingbot API.",
        ),
    ] = None,
    paper_balance: Balance = None,
    paper_db: Database = None,
    paper_reset: Reset = None,
    paper_speed: Speed = None,
) -> None:
    """Serve the tools to an MCP client."""
    # The imports make thousands of classes and next to no garbage; searching for it took a tenth of the start.
    gc.disable()
    from hbmcp import log, settings

    told = settings.load(
        {
            "port": port,
            "toolsets": toolsets,
            "tools": tools,
            "exclude_tools": exclude_tools,
            "read_only": read_only,
            "log_level": log_level,
            # Who sets up the paper exchange wants it.
            "paper": paper or any((paper_balance, paper_db, paper_reset, paper_speed)) or None,
            **_paper_flags(paper_balance, paper_db, paper_reset, paper_speed),
        }
    )
    log.configure(told.log_level)
    offer = _offer(told)
    from hbmcp import server  # only now, for it takes most of the start, and a mistake is told before

    gc.freeze()
    gc.enable()
    if transport is Transport.STDIO:
        server.run_stdio(told, offer)
        return
    listener = server.listen(told.port)
    address = f"http://{server.HOST}:{listener.getsockname()[1]}{server.PATH}"
    typer.echo(_welcome(address, len(offer.tools), told.on_paper), err=True)
    server.run_http(told, offer, listener)


@app.command("tools")
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
    from hbmcp.tokens import counter

    told = settings.load({"toolsets": toolsets, "tools": tools, "exclude_tools": exclude_tools, "read_only": read_only})
    offer = _offer(told)
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


@app.command("call")
def call_tool(
    tool: Annotated[str, typer.Argument(help="Name of a tool; all tools are on unless HBMCP_* says otherwise.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Its arguments.")] = None,
    as_json: Annotated[str | None, typer.Option("--json", help="Its arguments as a JSON object instead.")] = None,
) -> None:
    """Call one tool, as a client would, and print what a model would read. Exits with 1 when the call failed."""
    import anyio

    from hbmcp import log, settings
    from hbmcp.bridge import Bridge

    given = _arguments(arguments or [], as_json)
    told = settings.load()
    if not told.toolsets and not told.tools:
        told = told.model_copy(update={"tools": ("all",)})
    log.configure(told.log_level)
    offer = _offer(told)

    async def call() -> bool:
        bridge = Bridge(offer, told)
        try:
            outcome = await bridge.call(tool, given)
        finally:
            await bridge.aclose()
        typer.echo(outcome.text)
        return outcome.is_error

    if anyio.run(call):
        raise typer.Exit(1)


@app.command("paper")
def serve_paper(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1, 0 for any.")] = 8000,
    paper_balance: Balance = None,
    paper_db: Database = None,
    paper_reset: Reset = None,
    paper_speed: Speed = None,
) -> None:
    """Serve the paper exchange as a Hummingbot API of its own, over HTTP, for any client of one."""
    from hbmcp import log, settings
    from hbmcp.paper import start
    from hbmcp.paper.errors import PaperError
    from hbmcp.server import HOST, listen

    told = settings.load(_paper_flags(paper_balance, paper_db, paper_reset, paper_speed))
    log.configure(told.log_level)
    listener = listen(port)
    try:
        paper = start.open_paper(told)
    except PaperError as error:
        raise SettingsError(str(error)) from None
    username, _ = start.credentials(told)
    shown = "the one in HUMMINGBOT_API_PASSWORD" if told.api_password else start.PASSWORD
    typer.echo(
        f"A paper exchange answers as the Hummingbot API at http://{HOST}:{listener.getsockname()[1]}, for this "
        f"machine only.\nUsername: {username}, password: {shown}. Ctrl-C stops it.",
        err=True,
    )
    start.serve(paper, told, listener)


def main() -> None:
    """The console script. Settings that are wrong end it with code 2 and a line on stderr."""
    try:
        app()
    except SettingsError as error:
        typer.echo(f"hbmcp: {error}", err=True)
        sys.exit(2)


def _paper_flags(
    balance: list[str] | None, database: str | None, reset: bool | None, speed: float | None
) -> dict[str, Any]:
    return {
        "paper_balance": ",".join(balance) if balance else None,
        "paper_db": database,
        "paper_reset": reset,
        "paper_speed": speed,
    }


def _offer(told: "Settings") -> "Offer":
    from hbmcp.catalog import Catalog

    return Catalog.load().choose(told.toolsets, told.tools, told.exclude_tools, told.read_only)


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


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _welcome(address: str, tools: int, on_paper: bool) -> str:
    if on_paper:
        where = """
Everything happens on a PAPER EXCHANGE: simulated prices, no real money. To trade through a Hummingbot API,
set HUMMINGBOT_API_URL, HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD.
"""
        entry: dict[str, Any] = {"command": sys.executable, "args": ["-m", "hbmcp", "serve", "--paper"]}
    else:
        where = ""
        entry = {
            "command": sys.executable,
            "args": ["-m", "hbmcp", "serve"],
            "env": {"HUMMINGBOT_API_USERNAME": "…", "HUMMINGBOT_API_PASSWORD": "…"},
        }
    desktop = {"mcpServers": {"hummingbot": entry}}
    return f"""\
hbmcp {__version__} serves {tools} tools at {address}, for this machine only. Ctrl-C stops it.
{where}
Claude Code:     claude mcp add --transport http hummingbot {address}
Gemini CLI:      gemini mcp add --transport http hummingbot {address}
Claude Desktop, which starts a server of its own, in claude_desktop_config.json:
{json.dumps(desktop, indent=2, ensure_ascii=False)}
"""
