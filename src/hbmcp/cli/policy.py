"""hbmcp policy: what a person allows, and looking at it."""

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hbmcp.cli.call import needed_secrets, read_arguments
from hbmcp.cli.door import Door
from hbmcp.cli.options import EnvFile, Which
from hbmcp.cli.settle import settle
from hbmcp.cli.store import store_of
from hbmcp.errors import SettingsError, UnknownTool
from hbmcp.figures import number

if TYPE_CHECKING:
    from hbmcp.policy.model import Policy
    from hbmcp.settings import Settings

NONE, ALL = "none", "all"
UNTOLD = "untold-secret"  # for one that a call needs, and its verdict doesn't

policy = typer.Typer(
    name="policy",
    help="What assistants may do: limits, and who may act where. HBMCP_POLICY names its file.",
    no_args_is_help=True,
)


@policy.command()
def init(installation: Which = None, env_file: EnvFile = None) -> None:
    """Ask five questions at a terminal, and write a policy with a comment on all else that it can hold."""
    from hbmcp import settings
    from hbmcp.cli import typed
    from hbmcp.policy.file import place, read
    from hbmcp.policy.template import Answers, written

    typed.only_at_a_terminal(
        "hbmcp policy init asks a person, at a terminal.", "Nothing was written.", "Or write the file by hand."
    )
    file = place(settings.load(env_file_path=env_file, unused=settings.HTTP, installation=installation))
    if os.path.lexists(file):
        typer.confirm(f"{file} exists. Replace it?", abort=True)
    answers = Answers(
        order=_amount("Largest order, in USDT, or none for no limit", "10000"),
        day=_amount("All that is opened in a day, in USDT, or none", "50000"),
        exchanges=_names("Exchanges, such as binance*, with commas between, or all"),
        pairs=_names("Pairs, such as BTC-USDT, ETH-*, or all"),
        day_loss=_amount("Loss of a day, in USDT, after which only reducing is allowed, or none", NONE),
    )
    _write(file, written(answers))
    mistakes, _ = read(file)
    for mistake in mistakes:
        typer.echo(mistake, err=True)
    if mistakes:
        raise typer.Exit(1)
    typer.echo(f"Written to {file}. It holds from the next start of hbmcp; `hbmcp policy show` says what that is.")


@policy.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A file to check, instead of those that hold.")] = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Name every mistake in the policy. Exits with 1 if there is one."""
    from hbmcp import settings
    from hbmcp.cli.opening import of_policy
    from hbmcp.policy.file import in_force, read
    from hbmcp.policy.misnamed import misnamed
    from hbmcp.policy.words import summary

    if file is not None:
        mistakes, found = read(file)
        for mistake in mistakes:
            typer.echo(mistake, err=True)
        if found is None:
            raise typer.Exit(1)
        for remark in misnamed(found):
            typer.echo(f"{file}: {remark}", err=True)
        typer.echo(f"{file} has no mistake: {summary(found)}.")
        return
    told = settings.load(env_file_path=env_file, unused=settings.HTTP, installation=installation)
    try:
        held = in_force(told)
    except SettingsError as error:
        typer.echo(error.happened, err=True)
        raise typer.Exit(1) from None
    for remark in of_policy(told, held):
        typer.echo(remark, err=True)
    typer.echo(f"No mistake. What holds, {held.origin}: {summary(held.policy)}.")


@policy.command()
def show(installation: Which = None, env_file: EnvFile = None) -> None:
    """Print what holds, where that is written, and how far limits are used up."""
    import anyio

    from hbmcp import settings
    from hbmcp.cli.opening import of_policy
    from hbmcp.policy.file import in_force
    from hbmcp.policy.words import WITHOUT_ASKING, rules

    told = settings.load(env_file_path=env_file, unused=settings.HTTP, installation=installation)
    held = in_force(told)
    typer.echo(f"The policy, {held.origin}:")
    for rule in rules(held.policy):
        typer.echo(f"  {rule}")
    if said := anyio.run(_used_up, told, held.policy):
        typer.echo(said)
    typer.echo(WITHOUT_ASKING)
    for remark in of_policy(told, held):
        typer.echo(remark, err=True)


@policy.command("test")
def try_out(
    tool: Annotated[str, typer.Argument(help="Name of a tool.")],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]…", help="Its arguments.")] = None,
    as_json: Annotated[str | None, typer.Option("--json", help="Its arguments as a JSON object instead.")] = None,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Say what the policy makes of a call: its preview, nothing is sent. Exits with 1 if it would be refused."""
    from hbmcp.policy.gate import WOULD_BE_REFUSED

    given = read_arguments(arguments or [], as_json)
    door = Door.opened(env_file, installation)
    try:
        found = door.offer.find(tool)
    except UnknownTool as error:
        typer.echo(str(error))
        raise typer.Exit(1) from None
    if found.reads:
        typer.echo(f"{found.name} only reads, and is allowed.")
        return
    secret = needed_secrets(found, given, "Leave it out: the policy judges the call without.")
    types = found.schema["properties"]
    given |= {name: {} if types[name].get("type") == "object" else UNTOLD for name in secret}
    outcome = door.call(tool, {**given, "preview": True})
    if outcome.is_error or WOULD_BE_REFUSED in outcome.text:
        raise typer.Exit(1)


policy.command()(settle)


async def _used_up(told: "Settings", held: "Policy") -> str:
    """What hbmcp's store tells of it, without a look at the API."""
    from hbmcp.policy.counting import spent

    async with store_of(told) as store:
        return await spent(store, held)


def _amount(question: str, default: str) -> Decimal | None:
    while True:
        said = typer.prompt(question, default=default).strip().replace(",", "").replace("_", "")
        if said.lower() == NONE:
            return None
        value = number(said)
        if value is not None and value > 0:
            return value
        typer.echo(f"That isn't a number above 0, nor {NONE}.")


def _names(question: str) -> tuple[str, ...]:
    names = [name.strip() for name in typer.prompt(question, default=ALL).split(",")]
    return tuple(name for name in names if name and name.lower() != ALL)


def _write(file: Path, text: str) -> None:
    from hbmcp.private_files import write_private

    try:
        write_private(file, text)
    except OSError as error:
        raise SettingsError(
            f"{file} can't be written ({error.strerror}).",
            "The policy is as it was.",
            "Let it be written there, or name another file in HBMCP_POLICY.",
        ) from None
