"""`python -m codegen`: fetch, regen, check, list, diff, scaffold."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from codegen import changes, checking, curation, render, scaffolding
from codegen.contract import Contract, ContractError, pin, read
from codegen.curation import Curation, CurationError
from codegen.dependents import Loss
from codegen.generate import GENERATED, OVERRIDES, PINNED, RUN_TIME, Step, whole, write
from codegen.listing import README, Listing
from codegen.renewal import Renewal, refuse_mistakes, renew, successors
from codegen.reporting import EXIT, Format, Report, count, definitions, differing, operations_of
from codegen.services import Api, named
from codegen.source_texts import fields_read, with_imported
from codegen.trials import Trials, begin_answer

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
        old = read(contract) if contract.exists() else None
        pin(new, contract)
        out.print(f"Pinned {new.title} {new.version}: {count(len(new.operations), 'operation')} in {contract.name}.")
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
    services: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="NAME=URL|FILE", help="The document of another service, which is pinned too."),
    ] = None,
) -> None:
    """Write generated/ whole, then say what changed. A failure leaves everything as it was."""
    with _errors(), _steps() as step:
        step("Reading the contract and the overrides")
        main = Api("", contract, overrides)
        places = main.with_others()
        given = {name: _given(source, name) for name, source in map(named, services or ())}
        places += [main.beside(name) for name in sorted(given.keys() - {api.name for api in places})]
        if source:
            given[""] = _load(source)
        refuse_mistakes([api.curation() for api in places], output)
        renewals = [_renewed(api, given.get(api.name), step) for api in places]
        ours, *others = renewals
        lost = [loss for one in renewals for loss in one.lost]
        if any(loss.tools for loss in lost) and not drop:
            raise typer.Exit(_refuse(lost))
        for loss in lost:
            if loss.tools:
                err.print(f"dropped {', '.join(loss.tools)}: {loss.reason}", markup=False)
            else:
                err.print(f"gone: {loss}", markup=False)
        generated = whole(ours.made, [one.made for one in others], step)
        before, listing = definitions(output), None
        page = overrides.parent / README

        def fill(folder: Path) -> None:
            nonlocal listing
            write(generated, folder, step)
            listing = Listing.of(folder, page)
            for one in renewals:
                if one.api.name in given:
                    pin(one.new, one.api.contract)

        render.replace(output, fill)
        if listing:
            listing.write(page)
    for fallback in generated.fallbacks:
        err.print(f"less exact than the contract: {fallback.place}: {fallback.reason}", markup=False)
    for one in renewals:
        if one.old and (one is ours or one.api.name in given):
            out.print(
                _report(one.old, one.new, one.api.curation().as_it_was(operations_of(before))).told("text"),
                markup=False,
            )
    tokens = listing.tokens if listing else {}
    out.print(differing(before, definitions(output), [one.curated for one in renewals], tokens), markup=False)
    left = [str(mistake) for mistake in listing.too_long()] if listing else []
    for one in renewals:
        if missing := curation.unaccounted(one.made.curation, one.new):
            are = "operation is" if len(missing) == 1 else "operations are"
            of = f" of {one.api.name}" if one.api.name else ""
            left.append(f"{len(missing)}{of} {are} neither curated nor excluded; see `scaffold` and `check`.")
    if left:
        err.print("All of it is written. What `make check` won't pass yet:")
    for text in left:
        err.print(f"  {text}", markup=False)


@app.command()
def check(contract: ContractFile = PINNED, overrides: Overrides = OVERRIDES, output: Output = GENERATED) -> None:
    """Say everything that is wrong: in the overrides, and in a generated/ that isn't what regen would write."""
    with _errors(written=False):
        found = checking.check(Api("", contract, overrides).with_others(), output)
    for note in found.notes:
        err.print(note, markup=False)
    workflows = sum(len(tables) for curated, _ in found.apis for tables in curated.workflows.values())
    tools = f"{count(len(found.generated.tools), 'tool')} of one operation and {count(workflows, 'workflow')}"
    operations = sum(len(pinned.operations) for _, pinned in found.apis)
    out.print(f"{tools} over {count(operations, 'operation')}: all in order.")


@app.command("list")
def list_operations(contract: ContractFile = PINNED, overrides: Overrides = OVERRIDES) -> None:
    """List every operation with its tools, or why it has none."""
    with _errors():
        table = Table("operation", "tool", "toolset", "risk", box=None, pad_edge=False)
        for api in Api("", contract, overrides).with_others():
            pinned = api.pinned()
            curated = api.curation(pinned)
            for key in pinned.operations:
                users: list[tuple[str, str, str]] = [
                    (name, toolset, tool.risk)
                    for toolset, tools in curated.tools.items()
                    for name, tool in tools.items()
                    if tool.operation == key
                ]
                reason = f"excluded: {curated.excluded[key]}" if key in curated.excluded else "NOT CURATED"
                for name, toolset, risk in users or [(reason, "", "")]:
                    table.add_row(f"{api.name} {key}".lstrip(), name, toolset, risk)
    (out if out.is_terminal else Console(width=200, highlight=False)).print(table)


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="URL or file of the older document.")],
    new: Annotated[str, typer.Argument(help="URL or file of the newer document.")],
    overrides: Overrides = OVERRIDES,
    output: Output = GENERATED,
    form: Annotated[Format, typer.Option("--format", help="For a person, a program, or a pull request.")] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    service: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="Another service, whose they are.")
    ] = None,
) -> None:
    """Say what changed between two contracts, tool by tool.

    It exits with 4 if a tool breaks, and with 3 if something only came.
    """
    with _errors(written=False):
        api = Api("", PINNED, overrides)
        if service:
            api = api.beside(named(service)[0])
        curated = api.curation().as_it_was(operations_of(definitions(output)))
        told = _report(_load(old, api.name), _load(new, api.name), curated)
    text = told.told("json" if as_json else form)
    typer.echo(json.dumps(text, indent=1, ensure_ascii=False) if as_json or form == "json" else text)
    raise typer.Exit(EXIT[told.severity])


@app.command()
def scaffold(
    source: Source = None,
    contract: ContractFile = PINNED,
    overrides: Overrides = OVERRIDES,
    service: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME[=URL|FILE]", help="Another service, and where its document is."),
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Put it into the files of overrides/.")] = False,
) -> None:
    """Print TOML with blanks for what is neither curated nor excluded, and for what is gone.

    Of a document that isn't pinned yet, too: what only moved there is a line for the table that it has, what took
    the place of another has that one's table, and what is gone is told to have been removed.
    """
    with _errors(written=write):
        api = Api("", contract, overrides)
        if service:
            name, source = named(service)
            api = api.beside(name)
        given = _load(source, api.name) if source else None
        pinned = given if given and not api.contract.exists() else api.pinned()
        new = given or pinned
        curated = api.curation(new)
        after = successors(pinned, new)
        gone = {key: after.get(key) for key in curation.vanished(curated, new)}
        pieces = scaffolding.pieces(curated, pinned, new, gone)
        if write and api.name and not api.overrides.exists():
            scaffolding.begin(api.overrides, new)
        elif write and curated.mistakes:
            raise CurationError(curated.mistakes)
        left = scaffolding.write(pieces, overrides) if write else pieces
        for one in pieces:
            if one not in left:
                out.print(f"{overrides.name}/{one.file}: {one.title}", markup=False)
        if left:
            out.print(scaffolding.skeleton(left), markup=False)
        trials = None if api.name else Trials.read(overrides.parent)
        moved = {one.operation: now for one in pieces if one.is_line and (now := gone[one.operation])}
        for mistake in trials.untold(curated, new, moved) if trials else ():
            if write:
                begin_answer(new.operations[mistake.key], overrides.parent)
            out.print(f"# {mistake}", markup=False)


def _report(old: Contract, new: Contract, curated: Curation) -> Report:
    return Report.of(old, new, curated, _fields_read)


def _fields_read(toolset: str, workflow: str) -> frozenset[str]:
    """The names that a workflow may read in answers: those in its module and the rooms that it imports."""
    module = RUN_TIME / f"hbmcp/workflows/{toolset}/{workflow}.py"
    rooms = ("hbmcp.installation", "hbmcp.workflows")
    return fields_read(with_imported(module, RUN_TIME, rooms)) if module.exists() else frozenset()


def _renewed(api: Api, given: Contract | None, step: Step) -> Renewal:
    old = api.pinned() if api.contract.exists() else None
    return renew(api, old, given or old or api.pinned(), step)


def _given(source: str | None, name: str) -> Contract:
    if source is None:
        raise ContractError(f"--source {name}", "must say where the document is: NAME=URL or NAME=FILE")
    return _load(source, name)


def _load(source: str, service: str = "") -> Contract:
    """The document of the Hummingbot API, or of another service, which isn't shown the credentials for ours."""
    username = None if service else os.environ.get("HUMMINGBOT_API_USERNAME")
    auth = (username, os.environ.get("HUMMINGBOT_API_PASSWORD", "")) if username else None
    return read(source, auth)


def _refuse(lost: Sequence[Loss]) -> int:
    """Tell what the contract has no place for, and all tools that would go with it."""
    err.print("The contract doesn't carry all that is curated; nothing was written.")
    for one in lost:
        err.print(f"  {one}", markup=False)
    tools = len({name for one in lost for name in one.tools})
    err.print(f"{count(tools, 'tool')} would be lost. Correct the overrides, or go on without: {GO_ON}.")
    return 1


@contextmanager
def _errors(*, written: bool = True) -> Iterator[None]:
    """What the generator refuses is said on stderr, without a traceback; of a command that writes, that it didn't."""
    try:
        yield
    except CurationError as error:
        err.print(str(error), markup=False)
        err.print(count(len(error.mistakes), "mistake") + ("; nothing was written." if written else "."))
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
