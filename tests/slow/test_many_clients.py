"""Two hundred clients at once, with access tokens, a policy and the audit on: no call is lost, none gets what another
asked for, and memory stays as it is."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bench.many_clients import ACTS, CLIENTS, GROWN, TOKENS, TOOLS, WARM, crossed, echo
from tests.conftest import connected, hbmcp
from tests.server.http.clients import made, process

pytestmark = pytest.mark.slow

CALLS = 15  # of each client; the benchmark has 50


def memory(pid: int) -> float:
    """MiB that a process has resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


@pytest.mark.anyio
async def test_none_is_lost_and_none_crossed(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("[limits]\norder = 100\nday = 1000\n")
    async with AsyncExitStack() as stack:
        env = connected(
            await stack.enter_async_context(echo()),
            HBMCP_POLICY=str(tmp_path / "policy.toml"),
            HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
            HBMCP_TOOLS=",".join(TOOLS),
            XDG_DATA_HOME=str(tmp_path),
            LOG_LEVEL="ERROR",
        )
        tokens = [made(f"token-{number}", env=env, cwd=tmp_path) for number in range(TOKENS)]
        server, url = stack.enter_context(process(env=env, cwd=tmp_path))
        assert await crossed(url, tokens, CLIENTS, range(WARM)) == []
        warm = memory(server.pid)
        assert await crossed(url, tokens, CLIENTS, range(WARM, CALLS)) == []
        assert memory(server.pid) < warm + GROWN
    verified = hbmcp("audit", "verify", env=env, cwd=tmp_path)
    assert verified.returncode == 0, verified.stderr
    written = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    ended = [one["outcome"] for one in written if one["event"] == "end"]
    assert ended == ["done"] * (
        TOKENS + CLIENTS * len(range(0, CALLS, ACTS))
    )  # that tokens were made is written down too
    for begun in (one for one in written if one["event"] == "begin" and one["caller"] != "person"):
        number = int(begun["arguments"]["order_id"].split("-")[1])
        assert begun["token"] == f"token-{number % TOKENS}"
