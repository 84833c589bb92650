"""The file of the audit: lines are added at its end, by several processes, and each is on disk before it counts.

A file that is large enough is put aside under the number of its last line, and the chain goes on in a new one.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import FileIO
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from attrs import frozen

from hbmcp.policy.audit.chain import START, Line, Link, read, sealed
from hbmcp.policy.audit.locking import ACROSS_PROCESSES, locked, queue
from hbmcp.policy.audit.spare import Spare
from hbmcp.private_files import private_file

LARGEST = 16 * 1024 * 1024  # bytes of one file
BLOCK = 64 * 1024


@frozen
class Appended:
    """A line that is on disk, and the one before it."""

    link: Link
    before: Link


class Log:
    """The lines of all installations of one user. Methods raise OSError."""

    def __init__(self, file: Path, largest: int = LARGEST) -> None:
        self.file = file
        self._largest = largest
        self._lock = file.with_suffix(".lock")
        self._left: tuple[tuple[int, ...], Link] | None = None  # how the file was left here, and its last line then
        self.spare = Spare(file.with_suffix(".spare"))

    @property
    def files(self) -> list[Path]:
        """Those that are there, oldest first."""
        aside = sorted(self.file.parent.glob(f"{self.file.stem}-*{self.file.suffix}"))
        return [*aside, *([self.file] if self.file.exists() else [])]

    def prepare(self) -> None:
        """Make the folder, close what is there to others, and take the room for what can't be written later."""
        locks = (self._lock, self.spare.file)
        for file in (*locks, *map(queue, locks), *self.files):
            private_file(file)
        self.spare.prepare()

    def append(self, record: Mapping[str, Any], above: int = 0) -> Appended:
        """Add a line, with a number above that; it is on disk when this returns, or isn't there at all."""
        with locked(self._lock):
            before = self._end_as_left or self.end or START
            link = self._write(record, Link(max(before.seq, above), before.hash))
            with suppress(OSError):  # what is kept aside stays there
                link = self._take_in(link)
            return Appended(link, before)

    def _take_in(self, link: Link) -> Link:
        """Add what had to be kept aside; gives the last line."""
        if kept := self.spare.lines:
            for late in kept:
                link = self._write({"event": "late", "said": late.decode(errors="replace")}, link)
            self.spare.forget(kept)
        return link

    @property
    def _end_as_left(self) -> Link | None:
        """The last line, where nobody else has written since."""
        with suppress(FileNotFoundError):
            if self._left is not None and self._left[0] == _how_it_is(self.file.stat()):
                return self._left[1]
        return None

    @property
    def end(self) -> Link | None:
        """The last line that is whole."""
        for line in self.newest_first():
            return line.link
        return None

    def newest_first(self) -> Iterator[Line]:
        """The lines that are whole."""
        for file in reversed(self.files):
            for line in _backwards(file):
                if (found := read(line)) is not None:
                    yield found

    def since(self, time: str, most: int) -> list[Mapping[str, Any]]:
        """What the latest lines say, oldest first."""
        newest = takewhile(lambda one: str(one.record.get("time") or time) >= time, self.newest_first())
        return [one.record for one in islice(newest, most)][::-1]

    def holds(self, link: Link) -> bool:
        """Whether that line is in it, unchanged."""
        for line in self.newest_first():
            if line.link.seq <= link.seq:
                return line.link == link
        return False

    def _write(self, record: Mapping[str, Any], before: Link) -> Link:
        line, link = sealed(record, before)
        with suppress(FileNotFoundError):
            if self.file.stat().st_size + len(line) > self._largest:
                self.file.rename(self.file.with_name(f"{self.file.stem}-{before.seq:09}{self.file.suffix}"))
        with FileIO(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(size - 1)
                line = line if file.read(1) == b"\n" else b"\n" + line  # its writer was killed in the middle of it
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[file.write(rest) or 0 :]
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(size)
                raise
            self._left = _how_it_is(os.fstat(file.fileno())), link
        if not size and ACROSS_PROCESSES:
            _sync_folder(self.file.parent)
        return link


def _backwards(file: Path) -> Iterator[bytes]:
    """The lines of a file, the last first."""
    with file.open("rb") as opened:
        position = opened.seek(0, os.SEEK_END)
        rest = b""
        while position:
            size = min(BLOCK, position)
            position -= size
            opened.seek(position)
            first, *lines = (opened.read(size) + rest).split(b"\n")
            yield from filter(None, reversed(lines))
            rest = first
        if rest:
            yield rest


def _how_it_is(file: os.stat_result) -> tuple[int, ...]:
    return file.st_dev, file.st_ino, file.st_size, file.st_mtime_ns


def _sync_folder(folder: Path) -> None:
    """So that a new file's name is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
