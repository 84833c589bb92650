"""The bridge on an API that answers as one with Gateway 2.13 behind it was seen to, the data invented."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

from hbmcp import settings
from hbmcp.bridge import Bridge, Outcome
from hbmcp.catalog import Catalog
from tests.conftest import EVERY
from tests.replay.server import Answer, Replay

ALL = Catalog.load().choose(tools=EVERY)
READS = {tool.operation for tool in ALL.catalog.tools.values() if tool.reads}
NETWORK = "solana-mainnet-beta"
POOL = "PoolAAAAmeteoraSOLUSDC"
ON_POOL = {"connector": "meteora", "network_id": NETWORK, "pool_address": POOL}
SWAP = {"connector": "jupiter", "network_id": NETWORK, "trading_pair": "SOL-USDC", "side": "SELL", "amount": 2}
RANGE = {**ON_POOL, "lower_price": 140, "upper_price": 160, "base_token_amount": 1}
POSITION = {"connector": "meteora", "network_id": NETWORK, "position_address": "PosAAAA"}

LOG = (
    "\u2588\u2588 Gateway\n"
    "2026-03-01 08:00:01 | error | \tsomething long ago\n"
    "2026-03-01 09:10:00 | info | \tUpdating helius.apiKey with value: \"hlx-1234-key\"\n"
    "2026-03-01 09:10:02 | error | \tSlippage exceeded at https://rpc.example.net/v2/node-key-77?x=1\n"
    "    at Object.swap (/home/gateway/dist/x.js:1:2)\n"
    "2026-03-01 09:10:03 | error | \tSlippage exceeded at https://rpc.example.net/v2/node-key-77?x=1\n"
    "2026-03-01 09:10:04 | info | \tdone\n"
)  # fmt: skip
CAUSE = 'Gateway\'s log ends with these errors, by its own clock: 09:10:03 "Slippage exceeded at (address)".'


@frozen
class Asked:
    """Calls tools of a bridge on the replaying API."""

    replay: Replay
    bridge: Bridge

    async def __call__(self, tool: str, **arguments: Any) -> Outcome:
        return await self.bridge.call(tool, arguments)

    async def good(self, tool: str, **arguments: Any) -> str:
        outcome = await self(tool, **arguments)
        assert not outcome.is_error, outcome.text
        return outcome.text

    async def bad(self, tool: str, **arguments: Any) -> str:
        outcome = await self(tool, **arguments)
        assert outcome.is_error, outcome.text
        return outcome.text

    def refuses(self, operation: str, status: int, detail: Any) -> None:
        self.replay.answers(operation, Answer(status, {"detail": detail}))

    def answers(self, operation: str, body: Any) -> None:
        self.replay.answers(operation, Answer(body=body))

    def logs(self, text: str) -> None:
        self.answers("GET /gateway/logs", {"success": True, "logs": text})

    def position(self) -> None:
        """The API knows the one of POSITION, in the pool of ON_POOL."""
        row = {
            "position_address": POSITION["position_address"], "pool_address": POOL, "connector": "meteora",
            "network": NETWORK, "trading_pair": "SOL-USDC", "status": "OPEN", "lower_price": 140.0,
            "upper_price": 160.0,
        }  # fmt: skip
        self.answers("POST /gateway/clmm/positions/search", {"data": [row], "pagination": {"limit": 50}})

    @property
    def sent(self) -> list[str | None]:
        """The operations that aren't reads."""
        return [one for one in self.operations if one not in READS]

    @property
    def operations(self) -> list[str | None]:
        return [request.operation for request in self.replay.requests]


@pytest.fixture
async def asked(replay: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Asked]:
    """Who asks it. Gateway's log ends in an error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))  # or one test would say twice what another has said
    username, password = replay.auth
    told = settings.load({"api_url": replay.url, "api_username": username, "api_password": password})
    bridge = Bridge(ALL, told)
    calls = Asked(replay, bridge)
    calls.logs(LOG)
    yield calls
    await bridge.aclose()
