"""hbmcp watch: the triggers are watched while it runs, here or as a service of the user's."""

import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hbmcp.cli.options import EnvFile

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.bridge import Bridge
    from hbmcp.cli.call import Door
    from hbmcp.watch.watcher import Seen


def watch(
    install: Annotated[
        bool, typer.Option("--install", help="Run it from now on whenever you are logged in (systemd, launchd).")
    ] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Undo --install.")] = False,
    env_file: EnvFile = None,
) -> None:
    """Watch the triggers, and let them act, until it is ended: with a live table on a terminal, lines elsewhere."""
    import anyio

    from hbmcp.cli import opening, service
    from hbmcp.cli.call import Door
    from hbmcp.errors import SettingsError

    if install and uninstall:
        raise typer.BadParameter("give --install or --uninstall, not both")
    if uninstall:
        typer.echo(service.uninstall())
        return
    door = Door.opened(env_file)
    if door.told.read_only:
        raise SettingsError(
            "HBMCP_READ_ONLY is set, and what may only read doesn't watch triggers.",
            "Nothing was started.",
            "Start it without.",
        )
    if install:
        typer.echo(service.install(door.told, env_file))
        return
    opening.introduce(door.told, door.offer)
    anyio.run(_watch, door)


async def _watch(door: "Door") -> None:
    import asyncio

    from hbmcp.approving.chat import Chat
    from hbmcp.bridge import Bridge
    from hbmcp.installation.installation import all_of

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":  # so that what fires comes to its end, and another takes over
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    bridge = Bridge(door.offer, door.told, "watch", policy=door.policy)
    chat = Chat.of(bridge, door.told)
    try:
        await all_of(_run(bridge), *(() if chat is None else (chat.run(),)))
    except asyncio.CancelledError:
        return  # SIGTERM, or Ctrl-C
    finally:
        await bridge.aclose()


async def _run(bridge: "Bridge") -> None:
    from rich.console import Console
    from rich.live import Live

    from hbmcp.installation.triggers.watching import DURABLE
    from hbmcp.watch.watcher import Watcher

    if not sys.stdout.isatty():
        await Watcher(bridge, DURABLE).run()
        return
    with Live(_table(()), console=Console(), auto_refresh=False) as live:
        await Watcher(bridge, DURABLE, show=lambda seen: live.update(_table(seen), refresh=True)).run()


def _table(seen: "Sequence[Seen]") -> "Table":
    """A row a trigger that waits."""
    from rich.table import Table

    table = Table("id", "waits for", "is", "level", title=f"{len(seen)} triggers", expand=True)
    for one in seen:
        when = one.trigger.spec.when
        value = one.value.happened if isinstance(one.value, Exception) else when.shown(one.value)
        level = "" if one.level is None else when.shown(one.level)
        table.add_row(str(one.trigger.key), one.trigger.spec.words, value, level)
    return table
