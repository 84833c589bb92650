"""A file that holds a secret, the API's password, say, as Docker, Kubernetes and systemd give secrets to a program."""

import os
import stat
from pathlib import Path

from pydantic import SecretStr

MOST = 4096  # bytes


def read(name: str) -> SecretStr:
    """The secret: the file's one line. Raises ValueError, which quotes neither: who errs may have set the secret
    where the file's name belongs."""
    file = Path(name)
    try:
        if file.exists() and not file.is_file():  # a pipe might never end, or never begin
            raise ValueError("it isn't a file")
        with file.open("rb") as opened:
            found = opened.read(MOST + 1)
    except OSError as error:
        raise ValueError(f"it can't be read ({error.strerror})") from None
    if len(found) > MOST:
        raise ValueError(f"the file has more than {MOST} bytes, so it holds no secret")
    try:
        line = found.decode("utf-8-sig").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError("the file isn't UTF-8 text") from None
    if not line.strip():
        raise ValueError("the file is empty")
    if not line.isprintable():
        raise ValueError("the file must hold the secret alone, on one line")
    return SecretStr(line)


def readable_by_others(name: str) -> bool:
    """Whether its mode lets others than its owner read it."""
    return os.name == "posix" and bool(Path(name).stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
