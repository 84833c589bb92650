"""A halt: from when a person says so, nothing that adds risk is sent, by anyone, until a person resumes.

It is a file in this user's data folder and one beside the store, for servers that were told of another, and a row in
the store for who shares that from other machines. Each of them halts. One of an installation alone has others.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hbmcp.caller import AT_A_TERMINAL, Kind
from hbmcp.catalog import Effect
from hbmcp.errors import Halted, StoreError
from hbmcp.policy.goes_on import goes_on
from hbmcp.private_files import write_private
from hbmcp.store import Halt
from hbmcp.text import one_line
from hbmcp.times import machine, ticking, utc

if TYPE_CHECKING:
    from hbmcp.store import Store

KNOWN_FOR = 1.0  # seconds for which what the store said of a halt holds
PATIENCE = 2.0  # seconds for the store: a halt keeps nobody from reducing


class Halts:
    """Whether there is a halt. Without files there never is: what is only in memory is nobody's risk."""

    def __init__(self, files: Sequence[Path], store: "Store", own: Sequence[Path] = ()) -> None:
        self._of_all = files
        self._own = own
        self._files = (*files, *own)
        self._store = store
        self._row: Halt | None = None
        self._read_at = float("-inf")

    async def standing(self) -> Halt | None:
        """The halt there is, the strictest where files and store have one each. Where the store can't be read, what it
        said last holds."""
        if not self._files:
            return None
        if ticking() - self._read_at > KNOWN_FOR:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    self._row = await self._store.halt()
                self._read_at = ticking()
        return _strictest(*map(_on_file, self._files), self._row)

    def on_file(self) -> Halt | None:
        """The halt of this user."""
        return _strictest(*map(_on_file, self._files))

    async def begin(self, halt: Halt, *, alone: bool = False) -> list[OSError | StoreError]:
        """Halt all, or this installation `alone`; gives what failed of files and store. It holds if one of them went
        well."""
        files = self._own if alone else self._of_all
        return await self._set(files, lambda file: _write(file, halt), lambda: self._store.save_halt(halt, alone=alone))

    async def end(self, *, alone: bool = False) -> list[OSError | StoreError]:
        """Resume; gives what failed, by which it is halted still. `alone`: a halt of all stays."""
        files = self._own if alone else self._files
        return await self._set(
            files, lambda file: file.unlink(missing_ok=True), lambda: self._store.end_halt(alone=alone)
        )

    async def _set(
        self, files: Sequence[Path], act: Callable[[Path], object], save: Callable[[], Awaitable[None]]
    ) -> list[OSError | StoreError]:
        failed: list[OSError | StoreError] = []
        for file in files:
            try:
                act(file)
            except OSError as error:
                failed.append(error)
        try:
            await save()
        except StoreError as error:
            failed.append(error)
        self._read_at = float("-inf")
        return failed


def _strictest(*halts: Halt | None) -> Halt | None:
    return max((one for one in halts if one is not None), key=lambda one: one.everything, default=None)


def _on_file(file: Path) -> Halt | None:
    """A file that says nothing halts what adds risk, since when it is there."""
    try:
        since = file.stat().st_mtime_ns // 1_000_000
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return Halt(machine(), everything=False, by="")
    try:
        said = json.loads(file.read_bytes())
        return Halt(int(said["since"]), everything=said["everything"] is True, by=str(said["by"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Halt(since, everything=False, by="")


def refuse(halt: Halt | None, kind: Kind, effect: Effect) -> None:
    """Raises Halted for what a halt stops: what doesn't go on; and everything, of who isn't at a terminal."""
    if halt is not None and (not goes_on(effect, kind) or (halt.everything and kind not in AT_A_TERMINAL)):
        raise Halted(
            told(halt),
            "Nothing was sent.",
            "Only a person at a terminal can act now, or resume it."
            if halt.everything
            else "What cancels, reduces or stops is still sent. Only a person can resume it, or cancel what protects.",
            for_person=kind == "terminal" and goes_on(effect, "person"),
        )


def told(halt: Halt) -> str:
    """A halt in a sentence."""
    stopped = "everything, what protects too" if halt.everything else "all that adds risk"
    by = f" ({one_line(halt.by)})" if halt.by else ""
    return f"hbmcp is halted since {utc(halt.since)}: a person{by} stopped {stopped}."


def _write(file: Path, halt: Halt) -> None:
    said = {"since": halt.since, "everything": halt.everything, "by": halt.by}
    try:
        write_private(file, json.dumps(said))
    except OSError:
        with suppress(OSError):  # on a full disk an empty file may still be had, and halts
            file.touch(mode=0o600)
            if not halt.everything:
                return
        raise
