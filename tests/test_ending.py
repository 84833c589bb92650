"""How a server ends: at once, and without a traceback, whoever ends it and in the middle of what."""

import os
import pty
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from hbmcp.catalog import Catalog
from hbmcp.cli import breaking_off
from hbmcp.errors import NOTHING_SENT, Refused
from hbmcp.policy.grant import Grant, Spent
from tests.conftest import address_of, connected, environment
from tests.faulty_api import HANG, FaultyApi, Reply
from tests.forked import HBMCP, Popen
from tests.plugins.written import plugin
from tests.policy.planning import request
from tests.sampling import sampled
from tests.server.http.clients import Raw
from tests.server.http.test_stopping import ORDER, PLACED
from tests.stdio_server import StdioServer

SERVE = [sys.executable, "-m", "hbmcp", "serve"]
CALL = {"name": "list_accounts", "arguments": {}}


# On a terminal


@pytest.mark.parametrize(("typed", "code"), sampled([(b"\x03", 130), (b"\x04", 0)], 2))  # Ctrl-C, Ctrl-D
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


# A call at a terminal

GIVEN = [f"{name}={value}" for name, value in ORDER.items()]


@pytest.mark.parametrize(("told", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
@pytest.mark.parametrize(
    ("call", "path", "said"),
    [
        (["submit_order", *GIVEN], "/trading/orders", 'submit_order account_name="master_account" '),
        (["list_accounts"], "/accounts/", "Nothing was done."),
    ],
)
def test_a_signal_breaks_it_off_and_what_was_sent_is_said(
    told: signal.Signals, code: int, call: list[str], path: str, said: str, api: FaultyApi, tmp_path: Path
) -> None:
    api.answers[path] = HANG
    (tmp_path / "policy.toml").touch()
    kept = {"HBMCP_POLICY": str(tmp_path / "policy.toml"), "HBMCP_STATE_URL": f"sqlite:///{tmp_path / 'state.sqlite'}"}
    env = connected(api.url, HBMCP_TOOLS="all", **kept)
    process = Popen([*HBMCP, "call", *call], env=env, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8")
    while not any(one.path == path for one in api.requests):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(told)
    _, log = process.communicate(timeout=30)
    last = log.splitlines()[-1]
    assert last.startswith(f"hbmcp: broken off. {said}")
    found_out = ": sent, but its answer wasn't waited for", "look with get_order, get_open_orders, get_order_history."
    assert all((one in last) == (call[0] == "submit_order") for one in found_out)
    assert process.returncode == code
    assert "Traceback" not in log


def test_what_was_answered_is_said_with_its_id() -> None:
    offer = Catalog.load().choose(tools=("all",))
    sent = Spent(0, request(), answered=True, reference="abc-1")
    spent = [sent, Spent(1, request(), error=Refused("It is halted.", NOTHING_SENT))]
    for told, said in ((False, "BUY 1 BTC-USDT: sent as abc-1."), (True, "Nothing was done.")):
        assert breaking_off.told([cast(Grant, SimpleNamespace(told=told, spent=spent))], offer) == said


def test_ctrl_c_while_it_is_imported_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    ended = subprocess.run(
        [*HBMCP, "tools"], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


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
def _stdio(api: FaultyApi, folder: Path, **settings: str) -> Iterator[StdioServer]:
    server = StdioServer(env=connected(api.url, HBMCP_TOOLS="all", **settings), cwd=folder)
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


def test_what_acts_is_answered_before_a_client_s_signal_ends_it(api: FaultyApi, tmp_path: Path) -> None:
    answers = threading.Event()
    api.then(replace(Reply.json(PLACED), until=answers))
    policy = tmp_path / "policy.toml"
    policy.touch()
    with _stdio(api, tmp_path, HBMCP_POLICY=str(policy)) as server:
        call = server.start("tools/call", {"name": "submit_order", "arguments": {**ORDER, "again": True}})
        assert api.arrived.wait(10)
        server.process.send_signal(signal.SIGTERM)
        late = ""
        while "being stopped" not in late:
            late, _ = server.call("get_funding_rates")
        answers.set()
        answer = server.answer(call)["result"]
        assert "abc-1" in answer["content"][0]["text"]
        _ended(server, -signal.SIGTERM)


BLOCKS = """
@mcp.tool(reads=True)
async def block() -> str:
    "Blocks."
    open("blocks", "w").close()
    while True:
        pass
"""
SOON = """
from hbmcp.server import ending
ending.SHUTDOWN = ending.FINISH = 0.2
from hbmcp.cli import main
main()
"""


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_a_signal_ends_it_though_a_call_blocks_the_event_loop(transport: str, tmp_path: Path) -> None:
    env = environment(HBMCP_PAPER="true", HBMCP_PAPER_DB=":memory:", HBMCP_PLUGINS=str(plugin(tmp_path, BLOCKS)))
    command = [sys.executable, "-c", SOON, "serve", "--transport", transport, "--port", "0"]
    blocks = {"name": "block", "arguments": {}}
    with ThreadPoolExecutor() as pool:
        if transport == "stdio":
            server = StdioServer(command=command, env=env, cwd=tmp_path).__enter__()
            process = server.process
            server.start("tools/call", blocks)
        else:
            process = Popen(command, env=env, cwd=tmp_path, stderr=subprocess.PIPE, encoding="utf-8")
            session = Raw(address_of(process)).opened()
            pool.submit(session.post, "tools/call", blocks)
        try:
            while not (tmp_path / "blocks").exists():
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
