"""hbmcp watch: the triggers are watched while it runs."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hbmcp.cli.options import EnvFile

if TYPE_CHECKING:
    from rich.table import Table

    from hbmcp.cli.call import Door
    from hbmcp.watch.watcher import Seen


def watch(env_file: EnvFile = None) -> None:
    """Watch the triggers, and let them act, until it is ended: with a live table on a terminal, lines elsewhere."""
    import anyio

    from hbmcp import log
    from hbmcp.cli import opening
    from hbmcp.cli.call import Door
    from hbmcp.errors import SettingsError

    door = Door.opened(env_file)
    if door.told.read_only:
        raise SettingsError("HBMCP_READ_ONLY is set, and what may only read doesn't watch triggers.")
    log.configure(door.told.log_level)
    opening.introduce(door.told, len(door.offer.tools))
    anyio.run(_watch, door)


async def _watch(door: "Door") -> None:
    from rich.console import Console
    from rich.live import Live

    from hbmcp.bridge import Bridge
    from hbmcp.watch.watcher import Watcher

    bridge = Bridge(door.offer, door.told, "watch", policy=door.policy)
    try:
        if not sys.stdout.isatty():
            await Watcher(bridge, "hbmcp watch").run()
            return
        with Live(_table(()), console=Console(), auto_refresh=False) as live:
            watcher = Watcher(bridge, "hbmcp watch", show=lambda seen: live.update(_table(seen), refresh=True))
            await watcher.run()
    finally:
        await bridge.aclose()


def _table(seen: "Sequence[Seen]") -> "Table":
    """A row a trigger that waits."""
    from rich.table import Table

    table = Table("id", "waits for", "is", "level", title=f"{len(seen)} triggers", expand=True)
    for one in seen:
        value = one.value.happened if isinstance(one.value, Exception) else f"{one.value}"
        table.add_row(str(one.trigger.key), one.trigger.spec.words, value, "" if one.level is None else f"{one.level}")
    return table
