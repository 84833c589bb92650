"""One process at a time at a file."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

ACROSS_PROCESSES = fcntl is not None
PATIENCE = 5.0  # seconds for another process, which may be stopped while it holds the lock
PAUSE = 0.002

_here = Lock()  # where there is nothing better: the threads of this process


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Inside, no other process that does the same is; whoever waits comes before one that was just here. Raises
    OSError, TimeoutError among them."""
    if fcntl is None:
        with _here:
            yield
        return
    deadline = time.monotonic() + PATIENCE
    with _opened(file) as handle:
        # One that comes again at once would always be quicker than who looks every now and then.
        with _opened(queue(file)) as turn:
            _take(turn, file, deadline)
            _take(handle, file, deadline)
        yield


def queue(file: Path) -> Path:
    """What the one holds who has a file next."""
    return file.with_name(f"{file.name}.next")


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _take(handle: int, file: Path, deadline: float) -> None:
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"another process has held {file.name} for more than {PATIENCE:g} s")
        time.sleep(PAUSE)
