"""How a server ends: at once, and without a traceback, whoever ends it and in the middle of what."""

import os
import pty
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import connected, environment
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.stdio_server import StdioServer

SERVE = [sys.executable, "-m", "hbmcp", "serve"]
CALL = {"name": "list_accounts", "arguments": {}}


# On a terminal


@pytest.mark.parametrize(("typed", "code"), [(b"\x03", 130), (b"\x04", 0)])  # Ctrl-C, Ctrl-D
def test_on_a_terminal_it_says_what_it_waits_for_and_a_key_ends_it(typed: bytes, code: int, tmp_path: Path) -> None:
    child, terminal = pty.fork()
    if not child:
        os.chdir(tmp_path)
        os.execve(SERVE[0], SERVE, {**environment(HBMCP_PAPER="true", HBMCP_PAPER_DB=":memory:")})
    said = _read(terminal, "Ctrl-C ends this")
    os.write(terminal, typed)
    said += _read(terminal, None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
    assert "waits for an MCP client" in said
    assert "`hbmcp tools`" in said
    assert "Ctrl-C ends this" in said
    assert "Traceback" not in said


def _read(terminal: int, until: str | None) -> str:
    """What is written to a terminal until these words, or its end."""
    said = ""
    while until is None or until not in said:
        assert select.select([terminal], [], [], 30)[0], said
        try:
            part = os.read(terminal, 4096)
        except OSError:  # nobody has it open any more
            part = b""
        if not part:
            break
        said += part.decode()
    return said


# Over stdio


@pytest.fixture
def serving(api: FaultyApi, tmp_path: Path) -> Iterator[StdioServer]:
    """A server that is in the middle of a call."""
    with _stdio(api, tmp_path) as server:
        api.always = HANG
        server.start("tools/call", {**CALL, "_meta": {"progressToken": 1}})
        assert api.arrived.wait(10)
        yield server


@contextmanager
def _stdio(api: FaultyApi, folder: Path) -> Iterator[StdioServer]:
    server = StdioServer(env=connected(api.url, HBMCP_TOOLS="all"), cwd=folder)
    try:
        yield server.__enter__()
    finally:
        server.process.kill()
        server.process.wait()
        for pipe in (server.process.stdin, server.process.stdout, server.process.stderr):
            assert pipe is not None
            pipe.close()


def _ended(server: StdioServer, code: int) -> None:
    assert server.process.wait(30) == code
    server._reader.join()
    assert "Traceback" not in "".join(server.log)
    assert "never awaited" not in "".join(server.log)


def test_a_client_that_dies_in_the_middle_of_a_call_ends_it(serving: StdioServer, api: FaultyApi) -> None:
    assert serving.process.stdin is not None
    assert serving.process.stdout is not None
    serving.process.stdout.close()
    serving.process.stdin.close()
    _ended(serving, 0)
    assert api.left.wait(10)


def test_a_client_that_reads_no_more_ends_it(api: FaultyApi, tmp_path: Path) -> None:
    with _stdio(api, tmp_path) as server:
        assert server.process.stdout is not None
        server.process.stdout.close()
        server.start("tools/call", CALL)
        _ended(server, 130)


def test_a_client_that_does_not_read_its_answers_and_leaves_ends_it(api: FaultyApi, tmp_path: Path) -> None:
    with _stdio(api, tmp_path) as server:
        api.always = Reply.json(["x" * 1000] * 30)
        for _ in range(10):  # more than a pipe holds
            server.start("tools/call", CALL)
        assert api.arrived.wait(10)
        assert server.process.stdin is not None
        server.process.stdin.close()
        _ended(server, 0)


def test_an_interrupt_in_the_middle_of_a_call_ends_it(serving: StdioServer, api: FaultyApi) -> None:
    serving.process.send_signal(signal.SIGINT)
    _ended(serving, 130)
    assert api.left.wait(10)
