"""`python -m codegen`: fetch, regen, check, list, diff, scaffold."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from codegen import changes, curation, render, scaffolding
from codegen.contract import Contract, ContractError, dumps, load, normalise, parse
from codegen.curation import Curation, CurationError, Mistake
from codegen.dependents import Loss, losses
from codegen.generate import GENERATED, OVERRIDES, PINNED, ROOT, RUN_TIME, generate, write
from codegen.listing import README, Listing
from codegen.named_tools import unknown_tools
from codegen.renames import proposals
from codegen.reporting import EXIT, Format, Report
from codegen.source_texts import fields_read
from codegen.trials import Trials

SHOWN = 20  # names of tools in a report
GO_ON = "`make regen DROP=1`, or --drop"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Generate the typed client and the MCP tools from an OpenAPI contract.",
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Source = Annotated[
    str | None,
    typer.Argument(help="URL or file of an OpenAPI document; without it the pinned contract is used."),
]
ContractFile = Annotated[
    Path, typer.Option("--contract", help="The pinned contract.", show_default="codegen/contract/…")
]
Overrides = Annotated[Path, typer.Option("--overrides", help="The folder of curation files.", show_default="overrides")]
Output = Annotated[Path, typer.Option("--output", help="The folder of generated code.", show_default="generated")]


@app.command()
def fetch(
    source: Annotated[str, typer.Argument(help="URL or file of an OpenAPI 3.0 or 3.1 document.")],
    contract: ContractFile = PINNED,
) -> None:
    """Read an OpenAPI document, drop its prose, and pin it.

    For a live API the credentials are taken from HUMMINGBOT_API_USERNAME and HUMMINGBOT_API_PASSWORD.
    """
    with _errors():
        new = _load(source)
        old = _load_pinned(contract) if contract.exists() else None
        _pin(new, contract)
        out.print(f"Pinned {new.title} {new.version}: {_count(len(new.operations), 'operation')} in {contract.name}.")
        if old:
            out.print(changes.report(changes.compare(old, new), {}), markup=False)


@app.command()
def regen(
    source: Source = None,
    drop: Annotated[
        bool, typer.Option("--drop", help="Go on without the tools that the contract no longer carries.")
    ] = False,
    contract: ContractFile = PINNED,
    overrides: Overrides = OVERRIDES,
    output: Output = GENERATED,
) -> None:
    """Write generated/ whole, then say what changed. A failure leaves everything as it was."""
    with _errors(), _steps() as step:
        step("Reading the contract and the overrides")
        old = _load_pinned(contract) if contract.exists() else None
        new = _load(source) if source else _load_pinned(contract)
        curated = _curation(overrides).as_in(new.operations)
        gone = curation.vanished(curated, new)
        kept = curated.without(gone)
        misfits: tuple[Mistake, ...] = ()
        try:
            generated = generate(new, kept, step)
        except CurationError as error:
            if kept.mistakes or any(mistake.tool is None for mistake in error.mistakes):
                raise
            misfits = error.mistakes
        successors = _successors(old, new)
        lost = list(losses(curated, gone, successors, misfits, proposals(curated, old, new, successors)))
        if lost and not drop:
            raise typer.Exit(_refuse(lost))
        for one in lost:
            if one.tools:
                err.print(f"dropped {', '.join(one.tools)}: {one.reason}", markup=False)
        if misfits:
            kept = kept.without_tools({mistake.tool: mistake.reason for mistake in misfits if mistake.tool})
            generated = generate(new, kept, step)
        before, listing = _tools(output), None
        page = overrides.parent / README

        def fill(folder: Path) -> None:
            nonlocal listing
            write(generated, folder, step)
            listing = Listing.of(folder, page)
            if source:
                _pin(new, contract)

        render.replace(output, fill)
        if listing:
            listing.write(page)
    for fallback in generated.fallbacks:
        err.print(f"less exact than the contract: {fallback.place}: {fallback.reason}", markup=False)
    if old:
        out.print(_report(old, new, _curation(overrides)).told("text"), markup=False)
    out.print(_tool_changes(before, _tools(output), curated, listing.tokens if listing else {}), markup=False)
    for mistake in listing.too_long() if listing else ():
        err.print(str(mistake), markup=False)
    if missing := curation.unaccounted(kept, new):
        are = "operation is" if len(missing) == 1 else "operations are"
        err.print(f"{len(missing)} {are} neither curated nor excluded; see `scaffold` and `check`.")


@app.command()
def check(contract: ContractFile = PINNED, overrides: Overrides = OVERRIDES, output: Output = GENERATED) -> None:
    """Say everything that is wrong: in the overrides, and in a generated/ that isn't what regen would write."""
    with _errors():
        pinned = _load_pinned(contract)
        curated = _curation(overrides).as_in(pinned.operations)
        mistakes = [*curated.mistakes, *curation.audit(curated, pinned)]
        mistakes += unknown_tools(curated.without(curation.vanished(curated, pinned)), pinned, ROOT)
        if trials := Trials.read(overrides.parent):
            mistakes += trials.missing(curated, pinned)
        stale: list[str] = []
        listing: Listing | None = None
        if not curated.mistakes:
            try:
                generated = generate(pinned, curated.without(curation.vanished(curated, pinned)))
            except CurationError as error:
                mistakes += error.mistakes
            else:
                with tempfile.TemporaryDirectory() as folder:
                    write(generated, Path(folder))
                    stale = render.differences(Path(folder), output)
                    listing = Listing.of(Path(folder), overrides.parent / README)
        if listing:
            mistakes += listing.too_long()
        if mistakes:
            raise CurationError(mistakes)
        if stale:
            raise render.RenderError("\n".join([*stale, f"{output.name}/ is stale: run `make regen`."]))
        if listing and listing.changes(overrides.parent / README):
            raise render.RenderError(f"{README}: its figures aren't those of the tools: run `make regen`.")
    for one in trials.left_over(curated, pinned) if trials else ():
        err.print(f"not needed any more: {one}", markup=False)
    for lost in curated.absent:
        if lost.is_workflow:
            err.print(f"not offered: {lost.name}, for {lost.why}", markup=False)
    workflows = sum(map(len, curated.workflows.values()))
    tools = f"{_count(len(generated.tools), 'tool')} of one operation and {_count(workflows, 'workflow')}"
    out.print(f"{tools} over {_count(len(pinned.operations), 'operation')}: all in order.")


@app.command("list")
def list_operations(contract: ContractFile = PINNED, overrides: Overrides = OVERRIDES) -> None:
    """List every operation with its tools, or why it has none."""
    with _errors():
        pinned = _load_pinned(contract)
        curated = _curation(overrides).as_in(pinned.operations)
        table = Table("operation", "tool", "toolset", "risk", box=None, pad_edge=False)
        for key in pinned.operations:
            users: list[tuple[str, str, str]] = [
                (name, toolset, tool.risk)
                for toolset, tools in curated.tools.items()
                for name, tool in tools.items()
                if tool.operation == key
            ]
            reason = f"excluded: {curated.excluded[key]}" if key in curated.excluded else "NOT CURATED"
            for name, toolset, risk in users or [(reason, "", "")]:
                table.add_row(key, name, toolset, risk)
    (out if out.is_terminal else Console(width=200, highlight=False)).print(table)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="URL or file of the older document.")],
    new: Annotated[str, typer.Argument(help="URL or file of the newer document.")],
    overrides: Overrides = OVERRIDES,
    form: Annotated[Format, typer.Option("--format", help="For a person, a program, or a pull request.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """Say what changed between two contracts, tool by tool.

    It exits with 4 if a tool breaks, and with 3 if something only came.
    """
    with _errors():
        told = _report(_load(old), _load(new), _curation(overrides))
    text = told.told("json" if as_json else form)
    typer.echo(json.dumps(text, indent=1, ensure_ascii=False) if as_json or form == "json" else text)
    raise typer.Exit(EXIT[told.severity])


@app.command()
def scaffold(
    source: Source = None,
    contract: ContractFile = PINNED,
    overrides: Overrides = OVERRIDES,
    write: Annotated[bool, typer.Option("--write", help="Put it into the files of overrides/.")] = False,
) -> None:
    """Print TOML with blanks for what is neither curated nor excluded, and for what is gone.

    Of a document that isn't pinned yet, too: what only moved there is a line for the table that it has, what took
    the place of another has that one's table, and what is gone is told to have been removed.
    """
    with _errors():
        pinned = _load_pinned(contract)
        new = _load(source) if source else pinned
        curated = _curation(overrides).as_in(new.operations)
        after = _successors(pinned, new)
        gone = {key: after.get(key) for key in curation.vanished(curated, new)}
        pieces = scaffolding.pieces(curated, pinned, new, gone)
        if write and curated.mistakes:
            raise CurationError(curated.mistakes)
        left = scaffolding.write(pieces, overrides) if write else pieces
        for one in pieces:
            if one not in left:
                out.print(f"{overrides.name}/{one.toolset}.toml: {one.title}", markup=False)
        if left:
            out.print(scaffolding.skeleton(left), markup=False)
        if trials := Trials.read(overrides.parent):
            for mistake in trials.untold(curated, new):
                out.print(f"# {mistake}", markup=False)


def _report(old: Contract, new: Contract, curated: Curation) -> Report:
    rooms = (RUN_TIME / "hbmcp/installation", RUN_TIME / "hbmcp/workflows")
    return Report.of(old, new, curated, frozenset[str]().union(*map(fields_read, rooms)))


def _load(source: str) -> Contract:
    username = os.environ.get("HUMMINGBOT_API_USERNAME")
    auth = (username, os.environ.get("HUMMINGBOT_API_PASSWORD", "")) if username else None
    return _contract(source, load(source, auth=auth))


def _load_pinned(file: Path) -> Contract:
    return _contract(file.name, load(file))


def _curation(overrides: Path) -> Curation:
    """What overrides/ says; a file that can't be read at all is told alone, for much else would only follow from it."""
    curated = curation.read(overrides)
    if unreadable := [one for one in curated.mistakes if one.reason.startswith(curation.UNREADABLE)]:
        raise CurationError(unreadable)
    return curated


def _contract(source: str, document: dict[str, Any]) -> Contract:
    try:
        return parse(normalise(document))
    except ContractError as error:
        raise ContractError(source, f"can't be used:\n{error}") from None


def _pin(contract: Contract, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}-new")
    new.write_text(dumps(contract.document), encoding="utf-8")
    new.replace(file)


def _successors(old: Contract | None, new: Contract) -> dict[str, str | None]:
    return {removed.key: removed.successor for removed in changes.compare(old, new).removed} if old else {}


def _refuse(lost: Sequence[Loss]) -> int:
    """Tell what the contract has no place for, and all tools that would go with it."""
    err.print("The contract doesn't carry all that is curated; nothing was written.")
    for one in lost:
        err.print(f"  {one}", markup=False)
    tools = len({name for one in lost for name in one.tools})
    err.print(f"{_count(tools, 'tool')} would be lost. Correct the overrides, or go on without: {GO_ON}.")
    return 1


def _tools(output: Path) -> dict[str, Any]:
    """The definitions of a generated folder's tools, by name; none where there is no such folder yet, or a merge left
    its marks in it."""
    file = output / "hbmcp_tools/manifest.json"
    try:
        return {tool["definition"]["name"]: tool for tool in json.loads(file.read_text(encoding="utf-8"))["tools"]}
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _tool_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], curated: Curation, tokens: Mapping[str, int]
) -> str:
    """Which tools came, went and changed; what those that came cost, where that is known."""
    by = {name: one.by for removed in curated.removed.values() for name, one in removed.items() if one.by}
    parts = {
        "added": {
            f"{name} ({tokens[name]} tokens)" if name in tokens else name for name in after.keys() - before.keys()
        },
        "removed": {f"{name} (now {by[name]})" if name in by else name for name in before.keys() - after.keys()},
        "changed": {name for name in before.keys() & after.keys() if before[name] != after[name]},
    }
    lines = [f"  {what}: {_some(sorted(names))}" for what, names in parts.items() if names and before]
    return "\n".join([_count(len(after), "tool") + ("." if lines else ", none changed."), *lines])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"


@contextmanager
def _errors() -> Iterator[None]:
    """What the generator refuses is said on stderr, without a traceback."""
    try:
        yield
    except CurationError as error:
        err.print(str(error), markup=False)
        err.print(f"{_count(len(error.mistakes), 'mistake')}; nothing was written.")
        raise typer.Exit(1) from None
    except (ContractError, render.RenderError) as error:
        err.print(str(error), markup=False)
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(f"{error.filename or 'the disk'}: {error.strerror}; nothing was changed.", markup=False)
        raise typer.Exit(1) from None


@contextmanager
def _steps() -> Iterator[Callable[[str], None]]:
    """Shows what is being done: a live display on a terminal, plain lines elsewhere."""
    if not err.is_terminal:
        yield lambda text: err.print(text, markup=False)
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("Starting")
        yield lambda text: progress.update(task, description=text)
