"""Processes of hbmcp that skip what takes most of a start, its imports: they are forked off one that has made them.

What comes of it is a process like any other: a child of this one, with an id, pipes, environment, folder and signals of
its own, in which nothing has run yet; tests/test_forked.py holds it to that. What can't be had by a fork is started
from scratch, and a test of the start itself does so too, by `subprocess`.
"""

import fcntl
import json
import os
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any
from unittest.mock import patch

from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

from tests import fork_server

ROOT = Path(__file__).parent.parent
_PATHS = [str(ROOT / "src"), str(ROOT / "generated"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
PATHS = list(dict.fromkeys(filter(None, _PATHS)))
PYTHONPATH = os.pathsep.join(PATHS)
HBMCP = [sys.executable, "-m", "hbmcp"]
_SIGNATURE = signature(subprocess.Popen._execute_child)  # type: ignore[attr-defined]
_one_at_a_time = threading.Lock()
_FromScratch = subprocess.Popen


def take_terminal() -> None:
    """For `preexec_fn`, with `start_new_session`: the terminal at stdin is the new process's own, as a person's is."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Popen(subprocess.Popen[Any]):
    """subprocess's, of [sys.executable, "-m", "hbmcp", …] or [sys.executable, "-c", code, …]."""

    def _execute_child(self, *arguments: Any) -> None:
        asked = _SIGNATURE.bind(self, *arguments).arguments
        python, *rest = map(os.fspath, asked["args"])
        environment = os.environ if asked["env"] is None else asked["env"]
        first = asked["preexec_fn"]
        beyond = asked["executable"], asked["pass_fds"], asked["shell"], first not in (None, take_terminal)
        if python != sys.executable or any(beyond) or not _imports_alike(environment):
            super()._execute_child(*arguments)  # type: ignore[misc]
            return
        start = {
            "arguments": rest,
            "environment": dict(environment),
            "folder": os.fspath(asked["cwd"] or Path.cwd()),
            "session": asked["start_new_session"],
            "terminal": first is take_terminal,
        }
        streams = [asked["p2cread"], asked["c2pwrite"], asked["errwrite"]]
        try:
            self.pid = _fork(start, [number if one == -1 else one for number, one in enumerate(streams)])
            self._child_created = True
        finally:
            pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
            self._close_pipe_fds(*map(asked.get, pipes))  # type: ignore[attr-defined]


def run(*command: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    """subprocess's."""
    with patch("subprocess.Popen", Popen):
        return subprocess.run(*command, **options)


@asynccontextmanager
async def stdio(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> AsyncIterator[Any]:
    """The SDK's transport over stdio, for a client of its own."""
    told = StdioServerParameters(command=command[0], args=list(command[1:]), env=dict(env), cwd=cwd)
    async with AsyncExitStack() as stack:
        with patch("subprocess.Popen", Popen):  # which asyncio takes
            streams = await stack.enter_async_context(stdio_client(told))
        yield streams


def _fork(start: dict[str, Any], streams: list[int]) -> int:
    """The new process's id."""
    with _one_at_a_time:
        way, _ = _server()
        socket.send_fds(way, [json.dumps(start).encode()], streams)
        return int(way.recv(fork_server.MOST))


def _imports_alike(environment: Mapping[str, str]) -> bool:
    """Whether what is imported can't tell this environment from that of the fork server, but for folders to be looked
    through after its own."""
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    return (
        sys.platform == "linux" and _at_import(environment) == _at_import(os.environ) and paths[: len(PATHS)] == PATHS
    )


def _at_import(environment: Mapping[str, str]) -> dict[str, str]:
    """What is read of it before anything runs, but PYTHONPATH."""
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(fork_server.READ_AT_IMPORT) and name not in fork_server.READ_LATER
    }


@cache
def _server() -> tuple[socket.socket, object]:
    """This process's own, and the way to it. It ends when this process does."""
    fork_server.prctl(fork_server.SUBREAPER, 1)
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        process = _FromScratch(
            [sys.executable, "-c", "import fork_server; fork_server.serve()"],
            env={**_at_import(os.environ), "PYTHONPATH": PYTHONPATH},
            cwd=Path(__file__).parent,
            stdin=its,
            stdout=subprocess.DEVNULL,
        )
    return ours, process
