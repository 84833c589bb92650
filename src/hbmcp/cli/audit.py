"""hbmcp audit: what was sent and refused, and whether all of it is still written there."""

import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hbmcp.cli.options import EnvFile, settings_for

if TYPE_CHECKING:
    from hbmcp.policy.audit.chain import Link
    from hbmcp.policy.audit.log import Log
    from hbmcp.policy.place import Files
    from hbmcp.settings import Settings

Record = Mapping[str, Any]

COLUMNS = (
    *("seq", "time", "event", "call", "installation", "caller", "client", "token", "tool"),
    *("arguments", "plan", "verdict", "sent", "outcome", "text"),
)
audit = typer.Typer(
    name="audit", help="What was sent and what was refused, line by line.", no_args_is_help=True, add_completion=False
)

Since = Annotated[str | None, typer.Option(help="Only what is younger: 24h, 7d, today, or an ISO time.")]


@audit.command()
def show(
    since: Since = None,
    tool: Annotated[str | None, typer.Option(help="Only calls of this tool.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only what came to nothing before it was sent.")] = False,
    last: Annotated[int, typer.Option(min=1, help="At most so many calls, the latest.")] = 50,
    env_file: EnvFile = None,
) -> None:
    """Show calls that aren't reads, a row each, the latest last."""
    from rich.console import Console
    from rich.table import Table

    from hbmcp.policy.audit.calls import calls

    found = [
        one
        for one in calls(_records(_log(_files(settings_for(env_file))), since))
        if (tool is None or one.get("tool") == tool) and (not refused or one["event"] == "refused")
    ]
    table = Table()
    for name in ("time", "caller", "tool", "what", "outcome"):
        table.add_column(name, no_wrap=name == "time", overflow="fold")
    for one in found[-last:]:
        table.add_row(*_row(one))
    Console(markup=False, highlight=False).print(table)
    if len(found) > last:
        typer.echo(f"The latest {last} of {len(found)}; --last shows more.")


@audit.command()
def verify(env_file: EnvFile = None) -> None:
    """Check that nothing was changed, cut or taken out. Exits with 1 when something was, or can't be checked."""
    import anyio

    from hbmcp.policy.audit.verify import verify as verified
    from hbmcp.store import StoreError

    told = settings_for(env_file)
    files = _files(told)
    log = _log(files)
    try:
        head = anyio.run(_head, told, files)
        report = verified(log, head)
    except (OSError, StoreError) as error:
        typer.echo(f"The audit log {log.file} can't be checked: {error}", err=True)
        raise typer.Exit(1) from None
    for sentence in (*report.broken, *report.remarks):
        typer.echo(sentence)
    if report.broken:
        typer.echo(f"The audit log {log.file} is NOT intact.")
        raise typer.Exit(1)
    typer.echo(f"The audit log {log.file} is intact: {report.lines} lines.")


@audit.command()
def export(
    form: Annotated[Literal["json", "csv"], typer.Option("--format", help="An array, or a table.")] = "json",
    since: Since = None,
    env_file: EnvFile = None,
) -> None:
    """Print all lines, as they are, oldest first."""
    import csv

    records = _records(_log(_files(settings_for(env_file))), since)
    if form == "json":
        typer.echo(json.dumps([dict(one) for one in records], indent=1))
        return
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    table.writerows([_cell(one.get(name)) for name in COLUMNS] for one in records)


def _files(told: "Settings") -> "Files":
    from hbmcp.errors import SettingsError
    from hbmcp.identity import Identity
    from hbmcp.policy.place import Files

    files = Files.of(told, Identity.of(told))
    if files is None:
        raise SettingsError("A paper exchange in memory has no audit log.", advice="Give it a file: HBMCP_PAPER_DB.")
    return files


def _log(files: "Files") -> "Log":
    from hbmcp.policy.audit.log import Log

    return Log(files.audit)


async def _head(told: "Settings", files: "Files") -> "Link | None":
    """What the store knows of the log."""
    from hbmcp.identity import Identity
    from hbmcp.policy.audit.chain import Link
    from hbmcp.store import Store

    store = Store.open(told, Identity.of(told))
    try:
        head = await store.audit_head(files.log)
    finally:
        await store.aclose()
    return None if head is None else Link(head.seq, head.hash)


def _records(log: "Log", since: str | None) -> Iterator[Record]:
    """What the lines say that are whole, oldest first."""
    from hbmcp.policy.audit.record import time_text
    from hbmcp.policy.audit.verify import late, whole_lines
    from hbmcp.times import to_milliseconds

    try:
        begin = time_text(to_milliseconds(since)) if since else ""
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    for line in whole_lines(log):
        if (line.record.get("time") or begin) >= begin:
            yield {**late(line.record), "seq": line.link.seq}


def _row(call: Record) -> tuple[str, ...]:
    from hbmcp.policy.audit.calls import came_to

    planned = call.get("plan") or ()
    what = "\n".join(str(one.get("words")) for one in planned) or _cell(call.get("arguments"))
    outcome, text = came_to(call)
    token = call.get("token")
    who = "\n".join(filter(None, (call.get("caller"), call.get("client"), token and f"token {token}")))
    return str(call.get("time"))[:19] + "Z", who, str(call.get("tool")), what, f"{outcome}\n{text}".strip()


def _cell(value: Any) -> str:
    """Text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
