"""Triggers of servers over stdio and HTTP: armed and told to clients of both revisions of the protocol."""

from contextlib import nullcontext
from pathlib import Path

import anyio
import pytest

from tests.conftest import environment, http_server
from tests.server.ways import MODES, Ways
from tests.test_server_http import text

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

ALERT = {"connector_name": "binance", "trading_pair": "BTC", "above": "1", "now_if_met": True}


@pytest.mark.parametrize("over", ["stdio", "http"])
async def test_an_alert_is_told_to_who_calls_next(over: str, tmp_path: Path) -> None:
    """Also to a client that came later, of another revision; over stdio with a server of its own."""
    env = environment(
        HBMCP_PAPER="1",
        HBMCP_PAPER_DB=str(tmp_path / "paper.sqlite"),
        HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}",
        LOG_LEVEL="ERROR",
    )
    with http_server(env, tmp_path) if over == "http" else nullcontext("") as url:
        ways = Ways(env, tmp_path, url)
        for key, (mode, other) in enumerate(zip(MODES, reversed(MODES), strict=True), 1):
            async with ways.client(over, mode) as client:
                armed = await client.call_tool("create_trigger", ALERT)
                assert not armed.is_error, text(armed)
            async with ways.client(over, other) as client:
                with anyio.fail_after(60):
                    told = ""
                    while f"trigger {key} is done" not in told:
                        await anyio.sleep(0.2)
                        told += text(await client.call_tool("list_triggers", {}))
                assert "Since your last call" in told
                seen = text(await client.call_tool("get_trigger", {"id": key}))
                assert '"state":"done"' in seen
