"""hbmcp audit: what was sent and refused, and whether all of it is still written there."""

import heapq
import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hbmcp.cli.options import EnvFile, Which, kept, kept_files, settings_for_all
from hbmcp.cli.store import store_of

if TYPE_CHECKING:
    from hbmcp.policy.audit.chain import Link
    from hbmcp.policy.audit.log import Log
    from hbmcp.policy.files import Files
    from hbmcp.settings import Settings

Record = Mapping[str, Any]

COLUMNS = (
    *("seq", "time", "event", "call", "installation", "caller", "client", "token", "holder", "tool"),
    *("arguments", "plan", "limits", "question", "way", "confirmed", "verdict", "sent", "outcome", "text"),
)
LONGEST = 300  # characters of arguments
WAYS = {
    "client": "as the client says",
    "telegram": "in Telegram",
    "terminal": "with the passphrase at a terminal",
    "keyboard": "at the terminal that called",
}

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
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Show calls that aren't reads, the latest last: what, who called, who was asked and which way, what it came to."""
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    from hbmcp.policy.audit.calls import calls

    found = [
        one
        for one in calls(_records(env_file, installation, since))
        if (tool is None or one.get("tool") == tool) and (not refused or one["event"] == "refused")
    ]
    console = Console(markup=False, highlight=False)
    for one in found[-last:]:
        for place, line in enumerate(_lines(one)):
            indent = 2 if place else 0
            if console.is_terminal:
                console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, indent), expand=False))
            else:  # a program's, which wraps nothing
                typer.echo(f"{' ' * indent}{line}")
    if len(found) > last:
        typer.echo(f"The latest {last} of {len(found)}; --last shows more.")


@audit.command()
def verify(installation: Which = None, env_file: EnvFile = None) -> None:
    """Check that nothing was changed, cut or taken out. Exits with 1 when something was, or can't be checked."""
    logs = {files.audit: (told, files) for told, files in _each(env_file, installation)}
    intact = [_verified(told, files) for told, files in logs.values()]
    if not all(intact):
        raise typer.Exit(1)


def _verified(told: "Settings", files: "Files") -> bool:
    """Whether a log is intact; it is said."""
    import anyio

    from hbmcp.policy.audit.verify import verify as verified
    from hbmcp.store import StoreError

    log = _log(files)
    try:
        head = anyio.run(_head, told, files)
        report = verified(log, head)
    except (OSError, StoreError) as error:
        typer.echo(f"The audit log {log.file} can't be checked: {error}", err=True)
        return False
    for sentence in (*report.broken, *report.remarks):
        typer.echo(sentence)
    if report.broken:
        typer.echo(f"The audit log {log.file} is NOT intact.")
        return False
    typer.echo(f"The audit log {log.file} is intact: {report.lines} lines.")
    return True


@audit.command()
def export(
    form: Annotated[Literal["json", "csv"], typer.Option("--format", help="An array, or a table.")] = "json",
    since: Since = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Print all lines, as they are, oldest first."""
    import csv

    records = _records(env_file, installation, since)
    if form == "json":
        typer.echo(json.dumps([dict(one) for one in records], indent=1))
        return
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    table.writerows([_cell(one.get(name)) for name in COLUMNS] for one in records)


def _each(env_file: str | None, installation: str | None) -> "list[tuple[Settings, Files]]":
    """The installations whose logs are meant, with their files. Raises SettingsError as kept_files."""

    each = kept(settings_for_all(env_file, installation))
    return [(told, kept_files(told)) for told in each]


def _log(files: "Files") -> "Log":
    from hbmcp.policy.audit.log import Log

    return Log(files.audit)


async def _head(told: "Settings", files: "Files") -> "Link | None":
    """What the store knows of the log."""
    from hbmcp.policy.audit.chain import Link

    async with store_of(told) as store:
        head = await store.audit_head(files.log)
    return None if head is None else Link(head.seq, head.hash)


def _records(env_file: str | None, installation: str | None, since: str | None) -> Iterator[Record]:
    """What the lines say that are whole, oldest first; of all who write there, or of the installation that is named."""
    from hbmcp.identity import Identity
    from hbmcp.policy.audit.calls import of
    from hbmcp.policy.audit.record import time_text
    from hbmcp.times import to_milliseconds

    try:
        begin = time_text(to_milliseconds(since)) if since else ""
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    each = _each(env_file, installation)
    logs = {files.audit: _since(_log(files), begin) for _, files in each}
    records: Iterator[Record] = heapq.merge(*logs.values(), key=lambda one: str(one.get("time")))
    if installation is not None:
        ((told, _),) = each
        records = of(Identity.of(told).name, records)
    yield from records


def _since(log: "Log", begin: str) -> Iterator[Record]:
    from hbmcp.policy.audit.verify import late, whole_lines

    for line in whole_lines(log):
        if (line.record.get("time") or begin) >= begin:
            yield {**late(line.record), "seq": line.link.seq}


def _lines(call: Record) -> Iterator[str]:
    """A call for a person: a line with when and what it came to, and those under it."""
    from hbmcp.policy.audit.calls import came_to
    from hbmcp.text import one_line

    outcome, _ = came_to(call)
    yield one_line(f"{str(call.get('time'))[:19]}Z {call.get('tool')}: {outcome}")
    yield from filter(None, map(one_line, _details(call)))


def _details(call: Record) -> Iterator[str]:
    from hbmcp.policy.audit.calls import error_of, ids_of
    from hbmcp.text import cut, named

    planned = call.get("plan") or ()
    if planned:
        yield from (str(one.get("words")) for one in planned)
    else:
        given = (f"{name}={_cell(value)}" for name, value in (call.get("arguments") or {}).items())
        yield cut(", ".join(given), LONGEST)
    yield ids_of(call)
    yield error_of(call)
    client, token = call.get("client"), call.get("token")
    yield f"by {call.get('caller')}{f' {named(client)}' if client else ''}{f', token {token}' if token else ''}"
    if call["event"] == "asked":
        yield f"a person is asked, {call.get('way')}: question {call.get('question')}"
    elif (confirmed := call.get("confirmed")) is not None:
        yield _confirmed(confirmed, approved=call["event"] != "refused")


def _confirmed(said: Mapping[str, str], *, approved: bool) -> str:
    """Who answered, and which way."""
    from hbmcp.text import named

    if said["way"] == "relied":
        return "nobody was asked: the client's own approval was relied on"
    by = f"{named(said['by'])}, {WAYS.get(said['way'], said['way'])}: question {said['question']}"
    return f"{'approved' if approved else 'answered'} by {by}"


def _cell(value: Any) -> str:
    """Text of a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text
