"""Files and folders for nobody but their owner, whatever the umask is, and however they were left."""

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

SQLITE = ("", "-wal", "-shm", "-journal")  # what SQLite keeps beside a database bears its name

logger = logging.getLogger(__name__)


def private_folder(folder: Path) -> None:
    """Make it, with the folders over it that are missing; one that is there is closed to others. Raises OSError."""
    if not folder.is_dir():
        if not folder.parent.is_dir():
            private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    _close(folder, 0o700)


def private_file(file: Path) -> None:
    """Make an empty one, if it isn't there; one that is there, and what SQLite keeps beside it, is closed to others.

    Its folder too, where that is missing or hbmcp's own. Any other is its owner's business, and may be meant for
    others; one that all can write to is told, for who replaces the file there has replaced it. Raises OSError.
    """
    folder = file.absolute().parent
    if not folder.is_dir() or _ours(folder):
        private_folder(folder)
    elif _open_to_all(folder):
        logger.warning("%s can be replaced by others: everybody may write to %s.", file.name, folder)
    # One that is there isn't opened: to close it would end the locks that this process has on it, SQLite's too.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for ending in SQLITE:
        _close(Path(f"{file}{ending}"), 0o600)


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, so that who reads meanwhile finds the one or the other. Raises OSError."""
    half = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        private_file(half)
        half.write_text(text, encoding="utf-8")
        half.replace(file)
    except OSError:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise


def _close(path: Path, mode: int) -> None:
    """What belongs to another stays as it is: they let us use it."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if os.name != "posix" or found.st_uid != os.geteuid() or not stat.S_IMODE(found.st_mode) & 0o077:
        return
    try:
        path.chmod(mode)
    except OSError as error:  # some file systems know no modes
        logger.warning("%s can be read by others, which can't be changed (%s).", path, error.strerror)


def _ours(folder: Path) -> bool:
    from platformdirs import user_config_path, user_data_path

    return folder in (user_data_path("hbmcp"), user_config_path("hbmcp"))


def _open_to_all(folder: Path) -> bool:
    mode = folder.stat().st_mode
    return os.name == "posix" and bool(mode & stat.S_IWOTH) and not mode & stat.S_ISVTX
