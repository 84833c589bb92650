"""hbmcp watch: the triggers are watched while it runs, here or as a service of the user's."""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hbmcp.cli.options import EnvFile, Which

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.cli.door import Door
    from hbmcp.watch.watcher import Seen

    Show = Callable[[str, Sequence[Seen]], None]


def watch(
    install: Annotated[
        bool, typer.Option("--install", help="Run it from now on whenever you are logged in (systemd, launchd).")
    ] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Undo --install.")] = False,
    installation: Which = None,
    env_file: EnvFile = None,
) -> None:
    """Watch the triggers, and let them act, until it is ended: with a live table on a terminal, lines elsewhere."""
    import anyio

    from hbmcp.cli import opening, service
    from hbmcp.cli.door import Door
    from hbmcp.errors import SettingsError

    if install and uninstall:
        raise typer.BadParameter("give --install or --uninstall, not both")
    if uninstall:
        typer.echo(service.uninstall())
        return
    doors = [door for door in Door.each(env_file, installation) if not door.told.read_only]
    if not doors:
        raise SettingsError(
            "HBMCP_READ_ONLY is set, and what may only read doesn't watch triggers.",
            "Nothing was started.",
            "Start it without.",
        )
    if install:
        for door in doors:
            service.check(door.told)
        typer.echo(service.install(env_file, installation))
        return
    for door in doors:
        opening.introduce(door.told, door.offer)
    anyio.run(_watch, doors)


async def _watch(doors: "list[Door]") -> None:
    import asyncio

    from hbmcp.background import Background
    from hbmcp.installation.installation import all_of
    from hbmcp.installation.triggers.watching import DURABLE

    task = asyncio.current_task()
    if task is not None and sys.platform != "win32":  # so that what fires comes to its end, and another takes over
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with AsyncExitStack() as stack:
        bridges = [await stack.enter_async_context(door.bridge("watch")) for door in doors]
        try:
            with _shown() as show:
                each = zip(bridges, doors, strict=True)
                running = (Background(one, door.told, DURABLE, partial(show, door.told.name)) for one, door in each)
                await all_of(*(one.run() for one in running))
        except asyncio.CancelledError:
            return  # SIGTERM, or Ctrl-C


@contextmanager
def _shown() -> "Iterator[Show]":
    """What shows on a terminal what is seen of an installation; nothing elsewhere."""
    from rich.console import Console
    from rich.live import Live

    if not sys.stdout.isatty():
        yield lambda *_: None
        return
    each: dict[str, Sequence[Seen]] = {}
    with Live(_table(each), console=Console(), auto_refresh=False) as live:

        def show(name: str, seen: "Sequence[Seen]") -> None:
            each[name] = seen
            live.update(_table(each), refresh=True)

        yield show


def _table(each: "Mapping[str, Sequence[Seen]]") -> "Table":
    """A row a trigger that waits."""
    from rich.table import Table

    rows = [(name, one) for name, seen in each.items() for one in seen]
    table = Table("id", "waits for", "is", "level", title=f"{len(rows)} triggers", expand=True)
    for name, one in rows:
        when = one.trigger.spec.when
        value = one.value.happened if isinstance(one.value, Exception) else when.shown(one.value)
        level = "" if one.level is None else when.shown(one.level)
        table.add_row(f"{name} {one.trigger.key}".strip(), one.trigger.spec.words, value, level)
    return table
