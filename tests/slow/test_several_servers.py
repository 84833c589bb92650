"""Three processes behind nginx, on one PostgreSQL: one is killed under load, and money moves once or not at all."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import httpx
import psycopg
import pytest
from attrs import define, field

from tests.conftest import PASSWORD, ROOT, USERNAME, connected
from tests.server.http.clients import BUY, MODES, client, made, process, text
from tests.slow.paper_process import start_paper
from tests.store.postgresql_cluster import cluster

pytestmark = pytest.mark.slow

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PAIRS = ["BTC-USDT", "ETH-USDT", "SOL-USDT", "XRP-USDT"]
TOKENS = len(PAIRS)
STEPS = 12  # of each client, every other one an order
KILL_AFTER = 20  # calls that were answered
DAY = 2_000  # USDT
NO_ANSWER = "none, not even an error"


@contextmanager
def nginx(ports: list[int]) -> Iterator[int]:
    """As the documentation has it, before these servers; its port."""
    assert NGINX is not None
    (told,) = re.findall(r"```nginx\n(.*?)```", (ROOT / "docs/several_servers.md").read_text(), re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = re.sub(r" +ssl_certificate.*\n", "", told).replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
    for number, theirs in enumerate(ports, 3001):
        assert f"127.0.0.1:{number};" in told
        told = told.replace(f"127.0.0.1:{number};", f"127.0.0.1:{theirs};")
    folder = Path(tempfile.mkdtemp(prefix="hbmcp-nginx-"))
    (folder / "hbmcp.conf").write_text(told)
    kept = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in kept)
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log {folder}/log; daemon off; events {{}}\n"
        f"http {{ access_log off; {paths} include {folder}/hbmcp.conf; }}\n"
    )
    started = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "log"])
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert started.poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        yield port
    finally:
        started.terminate()
        started.wait(timeout=30)
        shutil.rmtree(folder)


@define
class Load:
    """What the clients asked for, and what they were answered."""

    reads: list[tuple[str, str]] = field(factory=list)  # which pair, and the answer
    sent: dict[str, str] = field(factory=dict)  # amount -> answer
    refused: dict[str, str] = field(factory=dict)
    broken: dict[str, str] = field(factory=dict)  # which call, and the error
    answered: int = 0

    @property
    def ended(self) -> int:
        return len(self.reads) + len(self.sent) + len(self.refused) + len(self.broken)


async def run(load: Load, url: str, token: str, mode: str, number: int) -> None:
    """One client: each of its calls is made once, whatever became of the one before."""
    pair, steps = PAIRS[number % TOKENS], iter(range(STEPS))
    step = next(steps)
    while True:
        try:
            async with client(url, token, mode) as opened:
                while True:
                    await call(load, opened, pair, number * STEPS + step, step)
                    if (step := next(steps, STEPS)) == STEPS:
                        return
        except Exception as error:  # whatever the SDK makes of a connection that breaks
            load.broken[str(number * STEPS + step)] = repr(error)
            if (step := next(steps, STEPS)) == STEPS:
                return


async def call(load: Load, opened: Any, pair: str, number: int, step: int) -> None:
    amount = str(Decimal(100 + number).scaleb(-5))
    load.broken[str(number)] = NO_ANSWER
    with anyio.fail_after(30):
        if step % 2:
            result = await opened.call_tool("place_order", {**BUY, "amount": amount})
        else:
            result = await opened.call_tool("get_ticker", {"connector_names": ["binance"], "trading_pairs": [pair]})
    del load.broken[str(number)]
    load.answered += 1
    if not step % 2:
        load.reads.append((pair, text(result)))
    elif result.is_error:
        load.refused[amount] = text(result)
    else:
        load.sent[amount] = text(result)


@pytest.mark.anyio
@pytest.mark.skipif(NGINX is None, reason="nginx isn't installed (Debian: nginx-light)")
async def test_one_of_three_is_killed_under_load(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(f"[limits]\nday = {DAY}\n")
    load = Load()
    with ExitStack() as stack:
        paper, api_port = start_paper(tmp_path, port=0, database=":memory:")
        stack.callback(paper.kill)
        api = f"http://127.0.0.1:{api_port}"
        database = stack.enter_context(cluster()).database()
        env = connected(
            api,
            HBMCP_STATE_URL=database,
            HBMCP_POLICY=str(tmp_path / "policy.toml"),
            XDG_DATA_HOME=str(tmp_path),
            LOG_LEVEL="ERROR",
        )
        tokens = [made(f"client-{number}", env=env, cwd=tmp_path) for number in range(TOKENS)]
        servers = [stack.enter_context(process(env=env, cwd=tmp_path)) for _ in range(3)]
        ports = [int(url.rpartition(":")[2].removesuffix("/mcp")) for _, url in servers]
        url = f"http://127.0.0.1:{stack.enter_context(nginx(ports))}/mcp"
        async with anyio.create_task_group() as group:
            for number in range(2 * TOKENS):
                group.start_soon(run, load, url, tokens[number % TOKENS], MODES[number // TOKENS], number)
            while load.answered < KILL_AFTER:
                await anyio.sleep(0.01)
            servers[0][0].kill()
        with psycopg.connect(database) as connection:
            opened = connection.execute("SELECT opened FROM hbmcp_ledger").fetchall()
        orders = httpx.post(
            f"{api}/trading/orders/search", json={"limit": 1000}, auth=(USERNAME, PASSWORD), trust_env=False
        ).json()["data"]
    assert load.ended == 2 * TOKENS * STEPS
    assert load.refused
    assert len(load.broken) < load.ended / 4, load.broken
    assert not [error for error in load.broken.values() if error == NO_ANSWER or "TimeoutError" in error]
    for pair, answer in load.reads:
        assert [one for one in PAIRS if one in answer] == [pair]
    at_exchange = Counter(f"{Decimal(str(one['amount'])):f}" for one in orders)
    assert set(at_exchange.values()) == {1}
    assert at_exchange.keys() >= load.sent.keys()
    assert not at_exchange.keys() & load.refused.keys()
    assert all(amount in answer for amount, answer in load.sent.items())
    assert all("day" in answer for answer in load.refused.values()), load.refused
    assert sum(Decimal(value) for (value,) in opened) <= DAY
    assert len(opened) >= len(at_exchange)
