"""A command at a terminal of its own, where a person types."""

import os
import pty
import re
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from tests.forked import HBMCP, Popen, take_terminal

PATIENCE = 60.0  # seconds for a prompt


class Terminal:
    """`python -m hbmcp` with these arguments. `screen` is all that stood there, without the typing that was hidden.
    `code` is the exit code, once it has ended."""

    def __init__(self, *arguments: str, env: Mapping[str, str], cwd: Path) -> None:
        self._arguments = arguments
        self._env = {**env, "TERM": "dumb"}
        self._cwd = cwd
        self.screen = ""
        self.code: int | None = None
        self._read = 0  # characters of it that were waited for

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        self._process = Popen(
            [*HBMCP, *self._arguments],
            env=self._env,
            cwd=self._cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,
        )
        os.close(theirs)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, prompt: str, text: str) -> None:
        """Wait for a prompt, a regular expression, and type a line. The blank after it shows that typing is hidden."""
        while not (found := re.compile(rf"{prompt}.*: $").search(self.screen, self._read)):
            assert self._more(), f"no {prompt!r} in:\n{self.screen}"
        self._read = found.end()
        os.write(self._ours, f"{text}\n".encode())

    def end(self) -> int:
        """Wait for the end; the command's exit code."""
        while self._more():
            pass
        self.code = self._process.wait(PATIENCE)
        return self.code

    def _more(self) -> bool:
        ready, _, _ = select.select([self._ours], [], [], PATIENCE)
        assert ready, f"nothing came any more after:\n{self.screen}"
        try:
            chunk = os.read(self._ours, 4096)
        except OSError:  # Linux's way to say that nobody is there
            return False
        self.screen += chunk.decode(errors="replace").replace("\r\n", "\n")
        return bool(chunk)
