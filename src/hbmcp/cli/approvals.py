"""hbmcp approvals: what waits for a person's yes outside the client, and giving it."""

import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp.cli.options import EnvFile, settings_for

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.bridge import Outcome
    from hbmcp.cli.call import Door
    from hbmcp.policy.confirmation.answer import Reply
    from hbmcp.settings import Settings
    from hbmcp.store import Approval, ApprovalState, Store

EVERY = 1.0  # seconds between two looks
SHOWN_FOR = 86_400_000  # milliseconds that one is listed after it was asked for
WAITING: "tuple[ApprovalState, ...]" = ("waiting",)
BEGUN: "tuple[ApprovalState, ...]" = ("approved", "carried out")
CAME = 500  # characters of what one came to

approvals = typer.Typer(
    name="approvals",
    help="What waits for your approval, where the policy asks at a terminal.",
    invoke_without_command=True,
)

Id = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


@approvals.callback()
def listed(context: typer.Context, env_file: EnvFile = None) -> None:
    """List what waits, and what became of the others of a day: live on a terminal, until Ctrl-C; else once."""
    import anyio

    if context.invoked_subcommand is None:
        from hbmcp.cli.opening import unapproved
        from hbmcp.policy.file import in_force

        told = settings_for(env_file)
        for remark in unapproved(told, in_force(told).policy):
            typer.echo(remark, err=True)
        anyio.run(_list, told)


@approvals.command()
def passphrase(env_file: EnvFile = None) -> None:
    """Set the passphrase that approves, of all who share this store. Asks for the one before."""
    import anyio

    from hbmcp.cli import typed

    typed.only_at_a_terminal("hbmcp approvals passphrase")
    anyio.run(_set_passphrase, settings_for(env_file))


@approvals.command()
def approve(which: Id, env_file: EnvFile = None) -> None:
    """Show a call that waits, and with the passphrase carry it out: checked anew, once. Exits with 1 if it failed."""
    import anyio

    from hbmcp.cli import typed
    from hbmcp.cli.call import Door

    typed.only_at_a_terminal("hbmcp approvals approve")
    if anyio.run(_approve, Door.opened(env_file), which).is_error:
        raise typer.Exit(1)


@approvals.command()
def refuse(which: Id, env_file: EnvFile = None) -> None:
    """Refuse a call that waits; it is never carried out then."""
    import anyio

    from hbmcp.cli.call import Door

    anyio.run(_refuse, Door.opened(env_file), which)


async def _list(told: "Settings") -> None:
    import asyncio

    from rich.console import Console
    from rich.live import Live

    from hbmcp.times import machine

    async with _store(told) as store:
        if not sys.stdout.isatty():
            Console(width=200).print(_table(await store.approvals(since=machine() - SHOWN_FOR)))
            return
        with Live(console=Console(), auto_refresh=False) as live:
            while True:
                live.update(_table(await store.approvals(since=machine() - SHOWN_FOR)), refresh=True)
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
    from hbmcp.errors import SettingsError
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
        await store.save_key(KEY, hashed(new))
    typed.say("It approves from now on.")


async def _approve(door: "Door", which: str) -> "Outcome":
    from hbmcp.cli import typed
    from hbmcp.cli.asking import knows_passphrase, person
    from hbmcp.errors import SettingsError
    from hbmcp.text import visible

    async with _store(door.told) as store:
        approval = await _waiting(store, which)
        typer.echo(visible(approval.question))
        by = person()
        if not await knows_passphrase(store):
            await _called(door, approval, "wrong", by)  # for the audit
            raise SettingsError("That isn't the passphrase.", "Nothing was done.")
        if not await store.move_approval(which, WAITING, "approved", by=by):
            await _waiting(store, which)  # raises
        typed.say("Approved; it is checked anew.")
        return await _carried_out(door, store, approval, by)


async def _carried_out(door: "Door", store: "Store", approval: "Approval", by: str) -> "Outcome":
    """The call, now that it is approved. What it comes to is told here, and to who called it."""
    from hbmcp.errors import StoreError
    from hbmcp.text import cut, one_line

    ended: ApprovalState = "failed"
    came = "it was broken off: look what became of it"
    try:
        outcome = await _revoked(store, approval) or await _called(door, approval, "yes", by)
        typer.echo(outcome.text)
        ended = "failed" if outcome.is_error else "carried out"
        came = cut(one_line(outcome.text), CAME)
    finally:
        try:
            await store.move_approval(approval.id, BEGUN, ended, came=came)
        except StoreError as error:
            typer.echo(f"Who called isn't told: {error}", err=True)
    return outcome


async def _revoked(store: "Store", approval: "Approval") -> "Outcome | None":
    """That it isn't carried out, where the token that it was called with is revoked by now."""
    from hbmcp.access.tokens import stands
    from hbmcp.bridge import Outcome
    from hbmcp.text import named

    if not approval.token or await stands(approval.holder, store):
        return None
    return Outcome(f"The access token {named(approval.token)} that called is revoked. Nothing was sent.", True)


async def _called(door: "Door", approval: "Approval", reply: "Reply", by: str) -> "Outcome":
    """The call as it came, with a person's answer."""
    from hbmcp.bridge import Bridge, Outcome
    from hbmcp.cli.asking import Approved
    from hbmcp.policy.confirmation.approvals import restored
    from hbmcp.policy.model import bound
    from hbmcp.text import named
    from hummingbot_api import exact_json

    given: dict[str, Any] = exact_json.loads(approval.arguments.encode())
    known = door.offer.catalog.names.get(approval.tool)
    properties = known.schema["properties"] if known else {}
    given |= {"preview": False} if "preview" in properties else {}
    given |= {"again": True} if "again" in properties else {}  # whatever was done a moment before: a person looked
    policy = door.policy if approval.profile is None else bound(door.policy, approval.profile)
    if policy is None:
        return Outcome(f"The policy has no profile {named(approval.profile)} now. Nothing was sent.", True)
    bridge = Bridge(door.offer, door.told, policy=policy)
    theirs = bridge.lent(approval.token, approval.holder, door.offer, policy) if approval.token else bridge
    try:
        answered = restored(approval, reply, by)
        return await theirs.call(approval.tool, given, client=approval.client, ask=Approved(answered))
    finally:
        await bridge.aclose()


async def _refuse(door: "Door", which: str) -> None:
    from hbmcp.cli.asking import person

    by = person()
    async with _store(door.told) as store:
        approval = await _waiting(store, which)
        if not await store.move_approval(which, WAITING, "refused", by=by):
            await _waiting(store, which)  # raises
    await _called(door, approval, "no", by)  # for the audit: it ends with that
    typer.echo("Refused.")


async def _waiting(store: "Store", which: str) -> "Approval":
    """Raises SettingsError for one that doesn't wait."""
    from hbmcp.errors import SettingsError
    from hbmcp.policy.confirmation.approvals import told

    found = await store.approvals(ids=(which,))
    if not found:
        raise SettingsError("There is no such approval here.", "Nothing was done.", "`hbmcp approvals` lists them.")
    if found[0].state != "waiting":
        raise SettingsError(f"It doesn't wait any more: {told(found[0])}.", "Nothing was done now.")
    return found[0]


@asynccontextmanager
async def _store(told: "Settings") -> "AsyncIterator[Store]":
    """Of the installation. Raises SettingsError where it doesn't answer, or is in memory."""
    from hbmcp.errors import SettingsError, StoreError
    from hbmcp.identity import Identity
    from hbmcp.policy.place import Files
    from hbmcp.store import Store

    identity = Identity.of(told)
    if Files.of(told, identity) is None:
        raise SettingsError(
            "A paper exchange in memory asks for no approvals.", advice="Give it a file: HBMCP_PAPER_DB."
        )
    try:
        async with aclosing(Store.open(told, identity)) as store:
            yield store
    except StoreError as error:
        raise SettingsError(error.happened, error.undone, error.advice) from None
