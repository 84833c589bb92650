"""What a client may take of a server over HTTP: bytes, time, calls at once, sessions."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from hbmcp.server.http import entrance
from tests.conftest import connected
from tests.faulty_api import FaultyApi, Reply
from tests.server.http.clients import ACCEPT, Raw, bearer, made, process, told

pytestmark = pytest.mark.slow

# Seconds as the code has them would make a test wait as long; what they do is the same.
QUICK = """
import sys
from hbmcp.server.http import application, patience
patience.HEAD = patience.BODY = {seconds}
application.IDLE = {idle}
sys.argv[0] = "hbmcp"
from hbmcp.cli import main
main()
"""


class Served(NamedTuple):
    """A server that waits half a second at most."""

    url: str
    token: str


@pytest.fixture(scope="module")
def served(_faulty_api: FaultyApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("limits")
    env = connected(
        _faulty_api.url, HBMCP_STATE_URL=f"sqlite:///{folder / 'state.sqlite'}", LOG_LEVEL="WARNING", HBMCP_TOOLS="all"
    )
    token = made("one", env=env, cwd=folder)
    with process(env=env, cwd=folder, code=QUICK.format(seconds=0.5, idle=0.7)) as (_, url):
        yield Served(url, token)


def connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20)


def received(connection: socket.socket) -> bytes:
    """All until the server closes."""
    found = b""
    try:
        while some := connection.recv(65536):
            found += some
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("said", [b"", b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: "])
def test_a_head_that_does_not_come_ends_the_connection(said: bytes, served: Served) -> None:
    with connect(served.url) as connection:
        connection.sendall(said)
        assert received(connection) == b""


def drip(connection: socket.socket, stop: threading.Event) -> None:
    try:
        while not stop.wait(0.05):
            connection.sendall(b"x")
    except OSError:
        pass


@pytest.mark.parametrize("shows", [True, False])
def test_a_byte_now_and_then_does_not_hold_a_connection(shows: bool, served: Served) -> None:
    """Neither in a head nor in a body, of one who comes in or not."""
    for begun, status in (
        (b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b""),
        (b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n%s\r\n", b"408" if shows else b"401"),
    ):
        head = begun.replace(b"%s", b"Authorization: Bearer " + served.token.encode() + b"\r\n" if shows else b"")
        stop = threading.Event()
        with connect(served.url) as connection, ThreadPoolExecutor() as pool:
            connection.sendall(head)
            pool.submit(drip, connection, stop)
            try:
                assert received(connection).partition(b"\r\n")[0].startswith(b"HTTP/1.1 " + status if status else b"")
            finally:
                stop.set()


def test_a_body_that_is_too_long_is_refused_before_it_is_read(served: Served) -> None:
    with httpx.Client(trust_env=False) as http:
        headers = {**ACCEPT, **bearer(served.token), "content-type": "application/json"}
        for body in (b" " * (4 * 1024 * 1024 + 1), iter([b" " * 1024 * 1024] * 5)):
            answer = http.post(served.url, content=body, headers=headers)
            assert answer.status_code == 413
            assert "nothing was done" in answer.text


def test_only_so_many_calls_of_a_token_go_on_at_once(api: FaultyApi, tmp_path: Path) -> None:
    env = connected(api.url, HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}", HBMCP_TOOLS="all")
    one, other = (made(name, env=env, cwd=tmp_path) for name in ("one", "other"))
    answers = threading.Event()
    api.always = replace(Reply.json(["master_account"]), until=answers)
    with process(env=env, cwd=tmp_path) as (_, url), ThreadPoolExecutor(max_workers=50) as pool:
        session = Raw(url, **bearer(one)).opened()
        calls = [pool.submit(session.call, "list_accounts") for _ in range(entrance.AT_ONCE + 3)]
        refused = [call.result() for call in islice(as_completed(calls), 3)]
        assert [(one.status_code, one.headers["retry-after"]) for one in refused] == [(429, "1")] * 3
        assert session.post("tools/list").status_code == 429
        assert Raw(url, **bearer(other)).opened().post("tools/list").status_code == 200
        answers.set()
        assert sum("master_account" in call.result().text for call in calls) == entrance.AT_ONCE
        assert session.post("tools/list").status_code == 200


def test_an_idle_session_ends_and_is_gone_as_the_protocol_says(served: Served) -> None:
    session = Raw(served.url, **bearer(served.token)).opened()
    assert session.post("tools/list").status_code == 200
    while (answer := session.post("tools/list")).status_code == 200:
        threading.Event().wait(1)
    assert answer.status_code == 404
    assert told(answer)["error"]["message"] == "Session not found"


def test_health_is_told_without_a_token_and_readiness_by_what_answers(api: FaultyApi, tmp_path: Path) -> None:
    env = connected(api.url, HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}")
    made("one", env=env, cwd=tmp_path)
    version = Reply.json({"name": "Hummingbot API", "version": "1", "status": "running"})
    with process(env=env, cwd=tmp_path) as (_, url), httpx.Client(trust_env=False, timeout=30) as http:
        api.always = version
        assert (http.get(url.replace("/mcp", "/healthz")).text) == "ok"
        answer = http.get(url.replace("/mcp", "/readyz"))
        assert (answer.status_code, answer.json()) == (200, {"api": "ok", "store": "ok"})
        asked = len(api.requests)
        http.get(url.replace("/mcp", "/readyz"))
        assert len(api.requests) == asked == 1  # and the API is asked no more
    api.reset()
    api.always = Reply(drop=True)
    (tmp_path / "state.sqlite").unlink()
    with process(env={**env, "HBMCP_STATE_URL": f"sqlite:///{tmp_path}/no/state.sqlite"}, cwd=tmp_path) as (_, url):
        (tmp_path / "no").write_text("in the way")
        with httpx.Client(trust_env=False, timeout=60) as http:
            answer = http.get(url.replace("/mcp", "/readyz"))
    assert answer.status_code == 503
    assert answer.json()["store"] == "no answer"
    assert answer.json()["api"] != "ok"
    assert json.dumps(answer.json()).count("/") == 0
