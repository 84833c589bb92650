"""Room that is taken while there is some: what must be written down when the disk is full goes there.

Lines stand in it from its beginning, up to the first zero byte. They move to the log as soon as that can be written.
On a file system that never writes in place a full disk may refuse them too; stderr has them then.
"""

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Literal

from hbmcp.policy.audit.locking import locked

ROOM = 64 * 1024  # bytes, some hundred lines


class Spare:
    """A file of ROOM bytes. Safe for several processes. Methods raise OSError."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def prepare(self) -> None:
        """Take the room, where it isn't taken yet."""
        with suppress(FileNotFoundError):
            if self.file.stat().st_size >= ROOM:
                return
        with locked(self.file), self._opened() as file:
            size = file.seek(0, os.SEEK_END)
            file.write(bytes(max(ROOM - size, 0)))  # zeros that are written, not a hole
            os.fsync(file.fileno())

    def keep(self, line: bytes) -> None:
        """Add a line, on disk when this returns. OSError where there is no room left, or none was ever taken."""
        with locked(self.file), self._opened() as file:
            begin = len(_written(file))
            if begin + len(line) > ROOM:
                raise OSError(f"{self.file} is full")
            file.seek(begin)
            file.write(line)
            os.fsync(file.fileno())

    @property
    def lines(self) -> list[bytes]:
        """What is kept there."""
        try:
            with self._opened("rb") as file:
                nothing = file.read(1) in (b"", b"\0")  # as nearly always
                return [] if nothing else _written(file).splitlines()
        except FileNotFoundError:
            return []

    def forget(self, lines: list[bytes]) -> None:
        """These, its first, are kept elsewhere now."""
        with locked(self.file), self._opened() as file:
            later = _written(file)[sum(len(line) + 1 for line in lines) :]
            file.seek(0)
            file.write(later + bytes(ROOM - len(later)))
            os.fsync(file.fileno())

    def _opened(self, mode: Literal["rb", "r+b"] = "r+b") -> FileIO:
        return self.file.open(mode, buffering=0)


def _written(file: FileIO) -> bytes:
    file.seek(0)
    return (file.read(ROOM) or b"").partition(b"\0")[0]
