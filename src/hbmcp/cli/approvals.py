"""hbmcp approvals: what waits for a person's yes outside the client, and giving it."""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hbmcp.cli.options import EnvFile, Which, kept_files, settings_for
from hbmcp.cli.store import store_of

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.bridge import Bridge, Outcome
    from hbmcp.cli.door import Door
    from hbmcp.errors import SettingsError
    from hbmcp.settings import Settings
    from hbmcp.store import Approval, Store

EVERY = 1.0  # seconds between two looks

approvals = typer.Typer(
    name="approvals",
    help="What waits for your approval, where the policy asks at a terminal or in a chat.",
    invoke_without_command=True,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


@approvals.callback()
def listed(context: typer.Context, installation: Which = None, env_file: EnvFile = None) -> None:
    """List what waits, and what became of the others of a day: live on a terminal, until Ctrl-C; else once."""
    import anyio

    if context.invoked_subcommand is None:
        from hbmcp.cli.opening import unapproved
        from hbmcp.policy.file import in_force

        told = settings_for(env_file, installation)
        for remark in unapproved(told, in_force(told).policy):
            typer.echo(remark, err=True)
        anyio.run(_list, told)


@approvals.command()
def passphrase(installation: Which = None, env_file: EnvFile = None) -> None:
    """Set the passphrase that approves, of all who share this store. Asks for the one before."""
    import anyio

    from hbmcp.cli import typed

    typed.secrets_only("hbmcp approvals passphrase")
    anyio.run(_set_passphrase, settings_for(env_file, installation))


@approvals.command()
def approve(which: Id, installation: Which = None, env_file: EnvFile = None) -> None:
    """Show a call that waits, and with the passphrase carry it out: checked anew, once. Exits with 1 if it failed."""
    from hbmcp.cli import breaking_off, typed
    from hbmcp.cli.door import Door

    typed.secrets_only("hbmcp approvals approve")
    if breaking_off.run(partial(_approve, Door.opened(env_file, installation), which)).is_error:
        raise typer.Exit(1)


@approvals.command()
def refuse(which: Id, installation: Which = None, env_file: EnvFile = None) -> None:
    """Refuse a call that waits; it is never carried out then."""
    import anyio

    from hbmcp.cli.door import Door

    anyio.run(_refuse, Door.opened(env_file, installation), which)


async def _list(told: "Settings") -> None:
    import asyncio

    from rich.console import Console
    from rich.live import Live

    from hbmcp.times import DAY, machine

    async with _store(told) as store:
        if not sys.stdout.isatty():
            Console(width=200).print(_table(await store.approvals(since=machine() - DAY)))
            return
        with Live(console=Console(), auto_refresh=False) as live:
            while True:
                live.update(_table(await store.approvals(since=machine() - DAY)), refresh=True)
                await asyncio.sleep(EVERY)


def _table(found: "list[Approval]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    from hbmcp.text import one_line, visible
    from hbmcp.times import utc

    waiting = sum(one.state == "waiting" for one in found)
    table = Table("id", "what", "until", "state", title=f"{waiting} waiting", expand=True)
    for one in found:
        came = f"{one.state}\n{one_line(one.came)}".strip()
        table.add_row(one.id, *(Text(said) for said in (visible(one.question), utc(one.until), came)))
    return table


async def _set_passphrase(told: "Settings") -> None:
    from hbmcp.cli import typed
    from hbmcp.cli.asking import person
    from hbmcp.errors import SettingsError
    from hbmcp.policy.audit.deed import noted
    from hbmcp.policy.confirmation.passphrase import KEY, SHORTEST, hashed, is_it

    async with _store(told) as store:
        kept = await store.key(KEY)
        if kept is not None and not is_it(typed.secret("The passphrase of now"), kept):
            raise SettingsError("That isn't the passphrase.", "Nothing was changed.")
        new = typed.secret("New passphrase")
        if len(new) < SHORTEST:
            raise SettingsError(f"A passphrase has at least {SHORTEST} characters.", "Nothing was changed.")
        if typed.secret("Once more") != new:
            raise SettingsError("The two aren't the same.", "Nothing was changed.")
        async with noted(told, store, "approvals passphrase", person()):
            await store.save_key(KEY, hashed(new))
    typed.say("It approves from now on.")


async def _approve(door: "Door", which: str) -> "Outcome":
    from hbmcp.approving.carrying_out import answered
    from hbmcp.cli import typed
    from hbmcp.cli.asking import knows_passphrase, person
    from hbmcp.errors import SettingsError
    from hbmcp.text import visible

    async with _bridge(door) as bridge:
        approval = await _waiting(bridge.store, which)
        typer.echo(visible(approval.question))
        if not await knows_passphrase(bridge.store):
            await answered(bridge, approval, "wrong", "terminal", person())  # for the audit
            raise SettingsError("That isn't the passphrase.", "Nothing was done.")
        carry_out = await _decided(bridge, approval, "yes")
        typed.say("Approved; it is checked anew.")
        outcome = await carry_out()
    typer.echo(outcome.text)
    return outcome


async def _refuse(door: "Door", which: str) -> None:
    async with _bridge(door) as bridge:
        write_down = await _decided(bridge, await _waiting(bridge.store, which), "no")
        await write_down()
    typer.echo("Refused.")


async def _decided(
    bridge: "Bridge", approval: "Approval", reply: Literal["yes", "no"]
) -> "Callable[[], Awaitable[Outcome]]":
    """What is still to be done. Raises SettingsError where another was first."""
    from hbmcp.approving.carrying_out import decided
    from hbmcp.cli.asking import person

    rest = await decided(bridge, approval, reply, "terminal", person())
    if rest is None:
        (now,) = await bridge.store.approvals(ids=(approval.id,))
        raise _not_waiting(now)
    return rest


async def _waiting(store: "Store", which: str) -> "Approval":
    """Raises SettingsError for one that doesn't wait."""
    from hbmcp.errors import SettingsError

    found = await store.approvals(ids=(which,))
    if not found:
        raise SettingsError("There is no such approval here.", "Nothing was done.", "`hbmcp approvals` lists them.")
    if found[0].state != "waiting":
        raise _not_waiting(found[0])
    return found[0]


def _not_waiting(approval: "Approval") -> "SettingsError":
    from hbmcp.errors import SettingsError
    from hbmcp.policy.confirmation.approvals import told

    return SettingsError(f"It doesn't wait any more: {told(approval)}.", "Nothing was done now.")


@asynccontextmanager
async def _bridge(door: "Door") -> "AsyncIterator[Bridge]":
    """Of the installation. Raises as `_store`."""
    with _kept(door.told):
        async with door.bridge("client") as bridge:
            yield bridge


@asynccontextmanager
async def _store(told: "Settings") -> "AsyncIterator[Store]":
    """Of the installation. Raises SettingsError where it doesn't answer, or is in memory."""
    with _kept(told):
        async with store_of(told) as store:
            yield store


@contextmanager
def _kept(told: "Settings") -> "Iterator[None]":
    from hbmcp.errors import SettingsError, StoreError

    kept_files(told)
    try:
        yield
    except StoreError as error:
        raise SettingsError(error.happened, error.undone, error.advice) from None
