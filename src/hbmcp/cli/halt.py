"""hbmcp halt and hbmcp resume: nothing that adds risk is sent in between, by anyone."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hbmcp.cli.options import EnvFile, Which, kept, kept_files, settings_for_all
from hbmcp.cli.store import store_of

if TYPE_CHECKING:
    from hbmcp.bridge import Bridge
    from hbmcp.installation.installation import Installation
    from hbmcp.policy.halt import Halts
    from hbmcp.policy.model import Policy
    from hbmcp.policy.notify.outbox import Outbox
    from hbmcp.settings import Settings
    from hbmcp.store import Halt

TO_TELL = 10.0  # seconds that a halt's end waits until somebody is told

# What is asked to see what a halt leaves, and the tools that end it.
READS = (
    *("list_accounts", "get_connected_exchanges", "list_positions", "get_trades", "get_prices", "get_funding_info"),
    *("search_orders", "list_active_orders", "search_executors"),
)


def halt(
    everything: Annotated[
        bool, typer.Option("--all", help="Stop what cancels, reduces and stops too, but for you at a terminal.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing, and only halt.")] = False,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Send nothing that adds risk, in any server, until you resume. Of several installations all are halted, or one.

    Shows what is open then, and offers to cancel orders, stop executors and close positions."""
    from hbmcp.cli import breaking_off, typed

    each = kept(settings_for_all(env_file, installation))
    if not yes:
        typed.only_at_a_terminal("this isn't a terminal: halt asks before it acts; --yes halts without.")
        what = "Send nothing at all, not even what protects," if everything else "Send nothing that adds risk"
        typer.confirm(f"{what} in any server, until you resume?", default=True, abort=True)
    breaking_off.run(partial(_halt, each, everything, yes, alone=installation is not None))


def resume(installation: Which = None, env_file: EnvFile = None) -> None:
    """End a halt. Asks at a terminal, so that no script does it."""
    import anyio

    from hbmcp.cli import typed

    each = kept(settings_for_all(env_file, installation))
    typed.only_at_a_terminal("this isn't a terminal: resume asks a person, and has no way around that.")
    anyio.run(partial(_resume, each, alone=installation is not None))


async def _halt(each: "list[Settings]", everything: bool, yes: bool, *, alone: bool) -> None:
    from hbmcp.policy.halt import told as in_words

    found = [(told, await _begin(told, everything, alone=alone)) for told in each]  # all, before anything is asked
    halted = [(told, standing) for told, standing in found if standing is not None]
    for told, standing in halted:
        typer.echo(_of(told, in_words(standing)))
        told, outbox = _outbox(told)
        outbox.tell("halt", in_words(standing))
        try:
            await _show_and_offer(told, standing, offers=not yes)
        finally:
            outbox.close(TO_TELL)
    if len(halted) < len(each):
        raise typer.Exit(1)


async def _begin(told: "Settings", everything: bool, *, alone: bool) -> "Halt | None":
    """The halt that stands then."""
    from hbmcp.cli.asking import person
    from hbmcp.store import Halt
    from hbmcp.times import machine

    by, what = person(), "everything" if everything else "what adds risk"
    async with _halts(told) as (halts, noted):
        # at once; what is said of it comes after
        failed = await halts.begin(Halt(machine(), everything, by), alone=alone)
        async with noted("halt", by, what=what):
            for error in failed:
                typer.echo(_of(told, f"Half of it failed: {error}"), err=True)
            standing = await halts.standing()
    if standing is None:
        typer.echo(_of(told, "hbmcp is NOT halted."), err=True)
    return standing


async def _resume(each: "list[Settings]", *, alone: bool) -> None:
    from hbmcp.policy.halt import told as in_words

    halted = []
    for told in each:
        async with _halts(told) as (halts, _):
            standing = await halts.standing()
        typer.echo(_of(told, "hbmcp isn't halted." if standing is None else in_words(standing)))
        halted += [told] if standing is not None else []
    if not halted:
        return
    typer.confirm("Resume?", default=False, abort=True)
    if not all([await _end(told, alone=alone) for told in halted]):
        raise typer.Exit(1)


async def _end(told: "Settings", *, alone: bool) -> bool:
    """Whether it is halted no more."""
    from hbmcp.cli.asking import person

    by = person()
    async with _halts(told) as (halts, noted):
        async with noted("resume", by):
            failed = await halts.end(alone=alone)
        left = await halts.standing() if alone else None
    for error in failed:
        typer.echo(_of(told, f"hbmcp is still halted by what couldn't be removed: {error}"), err=True)
    if left is not None and not failed:
        typer.echo(_of(told, "hbmcp is still halted, with all others: `hbmcp resume` alone ends that."), err=True)
    if failed or left is not None:
        return False
    typer.echo(_of(told, "hbmcp is resumed."))
    _, outbox = _outbox(told)
    outbox.tell("halt", f"hbmcp is resumed: {by} ended its halt.")
    outbox.close(TO_TELL)
    return True


def _of(told: "Settings", words: str) -> str:
    """Of which of several it is said."""
    return f"{told.name}: {words}" if told.name else words


async def _show_and_offer(told: "Settings", standing: "Halt", *, offers: bool) -> None:
    """Tell what is open, and end what the person at the terminal wants ended."""
    from hbmcp.caller import Caller
    from hbmcp.catalog import Catalog
    from hbmcp.cli.door import Door

    door = Door(told, Catalog.load().every(told), _policy(told))
    async with door.bridge("person") as bridge:
        typer.echo(
            f"Nothing cancels, reduces or stops these at {bridge.identity.words} now, but for you at a terminal:"
            if standing.everything
            else f"What is open at {bridge.identity.words}:"
        )
        for tool, given in (
            ("list_executors", {"status": "RUNNING"}),
            ("get_open_orders", {}),
            ("get_positions", {}),
        ):
            typer.echo((await bridge.call(tool, given)).text)
        if offers:
            installation = bridge.installation(Caller("halt", "trading", frozenset(READS), "person"))
            await _offer(bridge, "Stop all running executors, keeping what they hold?", _executors, installation)
            await _offer(bridge, "Cancel all open orders, those that protect too?", _orders, installation)
            await _offer(bridge, "Close all open positions, at the market?", _positions, installation)


async def _offer(bridge: "Bridge", question: str, calls: Any, installation: "Installation") -> None:
    """Make these calls, if the person wants to; each is a call as any other, and audited."""
    from hbmcp.errors import CallError

    if not typer.confirm(question, default=False):
        return
    try:
        found = await calls(installation)
    except CallError as error:
        typer.echo(f"Nothing was done: {error}", err=True)
        return
    for tool, given in found:
        typer.echo((await bridge.call(tool, given)).text)
    typer.echo(f"{len(found)} asked for; each says what became of it." if found else "There is none.")


async def _executors(installation: "Installation") -> list[tuple[str, dict[str, Any]]]:
    from hbmcp.installation.executors.run.running import running

    found = await running(installation)
    return [("stop_executor", {"executor_id": one.id, "position": "keep", "preview": False}) for one in found]


async def _orders(installation: "Installation") -> list[tuple[str, dict[str, Any]]]:
    from hbmcp.installation.orders.open_orders import open_orders

    found = await open_orders(installation, None, None, None)
    names = ("order_id", "account_name", "connector_name")
    return [("cancel_order", {**{name: row[name] for name in names}, "preview": False}) for row in found.rows]


async def _positions(installation: "Installation") -> list[tuple[str, dict[str, Any]]]:
    from hbmcp.installation.positions.open_positions import open_positions

    found = await open_positions(installation)
    return [
        (
            "close_position",
            {
                "account_name": one.account,
                "connector_name": one.connector,
                "trading_pair": one.pair,
                "side": one.side,
                "preview": False,
            },
        )
        for one in found.rows
    ]


@asynccontextmanager
async def _halts(told: "Settings") -> "AsyncIterator[tuple[Halts, Callable[..., AbstractAsyncContextManager[None]]]]":
    """The halts, and what has the audit say what is done with them."""
    from hbmcp.policy.audit.deed import noted
    from hbmcp.policy.halt import Halts

    files = kept_files(told)
    async with store_of(told) as store:
        yield Halts(files.halts, store, files.own_halts), partial(noted, told, store)


def _outbox(told: "Settings") -> "tuple[Settings, Outbox]":
    """Who is told, and the settings without those that can't be: it comes after the halt, which nothing of it keeps."""
    from hbmcp.errors import SettingsError
    from hbmcp.policy.notify.addresses import addresses
    from hbmcp.policy.notify.outbox import Outbox

    try:
        return told, Outbox(addresses(told))
    except SettingsError as error:
        typer.echo(f"Nobody is told: {error.happened}", err=True)
        return told.model_copy(update={"notify": ()}), Outbox(())


def _policy(told: "Settings") -> "Policy":
    """The user's; the default where its file has a mistake, which keeps nobody from getting out."""
    from hbmcp.errors import SettingsError
    from hbmcp.policy.file import in_force
    from hbmcp.policy.model import default

    try:
        return in_force(told).policy
    except SettingsError as error:
        typer.echo(f"The policy isn't held to: {error.happened}", err=True)
        return default(told.on_paper)
