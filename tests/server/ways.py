"""The ways to a server: over stdio and HTTP, by clients of 2025 and of 2026."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen
from mcp import Client

from tests.forked import HBMCP, stdio
from tests.server.http import clients

MODES = ["legacy", "auto"]  # of 2025, and of 2026
WAYS = [(over, mode) for over in ("stdio", "http") for mode in MODES]
# Those of a test that takes long: each transport and each era, the other two in the storm.
LONG_WAYS = [pytest.param(*way, marks=() if way in (WAYS[0], WAYS[3]) else pytest.mark.slow) for way in WAYS]


@frozen
class Ways:
    """Servers with the same environment, one of which is there already, over HTTP. `code` is run in place of hbmcp."""

    env: Mapping[str, str]
    cwd: Path
    url: str
    code: str = ""

    @asynccontextmanager
    async def client(self, over: str, mode: Any, **other: Any) -> AsyncIterator[Client]:
        if over == "http":
            async with clients.client(self.url, mode=mode, **other) as opened:
                yield opened
            return
        run = [sys.executable, "-c", self.code] if self.code else HBMCP
        async with Client(stdio([*run, "serve"], env=self.env, cwd=self.cwd), mode=mode, **other) as opened:
            yield opened
