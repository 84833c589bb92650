"""Who is told to stop while a trigger's order is at the exchange writes down what became of it, and fires no other."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.conftest import address_of, connected
from tests.forked import Popen
from tests.server.http.clients import Raw
from tests.slow.slow_api import SlowApi
from tests.slow.test_watch_faults import Triggers, until

pytestmark = pytest.mark.slow

#: Ends sooner than the exchange answers, where it doesn't wait for what fires.
SHORT = """
from hbmcp.server import ending, protocol, stdio
from hbmcp.server.http import serving
from hbmcp.watch import watcher
protocol.SHUTDOWN = stdio.SHUTDOWN = ending.SHUTDOWN = 0.2
ending.FINISH = serving.CUT_OFF = 0.4
watcher.EVERY = 0.2
from hbmcp.cli import main
main()
"""
HELLO = (
    '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    '"clientInfo":{"name":"tests","version":"0"}}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n'
    '{"jsonrpc":"2.0","id":2,"method":"tools/list"}\n'
)

Process = subprocess.Popen[str]


def leave(process: Process) -> None:
    """As a client over stdio does."""
    assert process.stdin is not None
    process.stdin.close()


def terminate(process: Process) -> None:
    process.send_signal(signal.SIGTERM)


def leave_and_terminate(process: Process) -> None:
    leave(process)
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.5)
    terminate(process)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[SlowApi]:
    with SlowApi(tmp_path) as found:
        yield found


@pytest.mark.parametrize(
    ("serves", "stop"),
    [
        ("serve", leave),
        ("serve", terminate),
        ("serve", leave_and_terminate),
        ("serve --transport http --port 0", terminate),
        ("watch", terminate),
    ],
    ids=lambda one: one if isinstance(one, str) else one.__name__,
)
def test_what_was_sent_is_written_down_and_nothing_else_fires(
    serves: str, stop: Callable[[Process], None], api: SlowApi, tmp_path: Path
) -> None:
    triggers = Triggers(tmp_path, api.url)
    key = triggers.add()
    api.gate.clear()
    pipe = subprocess.PIPE
    process = Popen(
        [sys.executable, "-c", SHORT, *serves.split()],
        env={**connected(api.url, LOG_LEVEL="WARNING"), **triggers.env},
        cwd=tmp_path,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
    )
    try:
        if "http" in serves:
            Raw(address_of(process)).opened().post("tools/list")
        else:
            assert process.stdin is not None
            process.stdin.write(HELLO)
            process.stdin.flush()
        until(lambda: api.orders)
        stop(process)
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        other = triggers.add()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        api.gate.set()
        process.stdin = None if process.stdin is None or process.stdin.closed else process.stdin
        _, log = process.communicate(timeout=30)
    finally:
        process.kill()
    assert triggers.trigger(key).row.state == "done", log
    assert triggers.trigger(key).memory.references
    assert triggers.trigger(other).row.state == "waiting"
    assert api.orders == 1
    assert "Broken off" not in log
