"""Triggers of a server over HTTP: armed and told to clients of both revisions of the protocol."""

from pathlib import Path

import anyio
import pytest
from mcp import Client

from tests.conftest import environment, http_server
from tests.test_server_http import MODES, text

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

ALERT = {"connector_name": "binance", "trading_pair": "BTC", "above": "1", "now_if_met": True}


async def test_an_alert_is_told_to_who_calls_next(tmp_path: Path) -> None:
    """Also to a client that came later, of another revision."""
    env = environment(HBMCP_PAPER="1", HBMCP_STATE_URL=f"sqlite:///{tmp_path / 'state.sqlite'}", LOG_LEVEL="ERROR")
    with http_server(env, tmp_path) as url:
        for key, (mode, other) in enumerate(zip(MODES, reversed(MODES), strict=True), 1):
            async with Client(url, mode=mode) as client:
                armed = await client.call_tool("create_trigger", ALERT)
                assert not armed.is_error, text(armed)
            async with Client(url, mode=other) as client:
                with anyio.fail_after(60):
                    told = ""
                    while f"trigger {key} is done" not in told:
                        await anyio.sleep(0.2)
                        told += text(await client.call_tool("list_triggers", {}))
                assert "Since your last call" in told
                seen = text(await client.call_tool("get_trigger", {"id": key}))
                assert '"state":"done"' in seen
