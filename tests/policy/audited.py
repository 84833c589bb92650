"""A paper exchange whose calls are audited in a folder, as one that is kept in a file has it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import define

from hbmcp.policy.audit.audit import Audit
from hbmcp.policy.audit.log import Log
from hbmcp.policy.halt import Halts
from hbmcp.policy.model import Policy
from hbmcp.store import Store
from tests.paper.assistant import Assistant, assistant
from tests.paper.paper_api import PaperApi


@define
class Audited:
    """An assistant, the exchange it asks, and what is written of it."""

    call: Assistant
    api: PaperApi
    log: Log
    halts: Halts

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the log says, oldest first."""
        return [dict(one.record) for one in self.log.newest_first()][::-1]


@asynccontextmanager
async def audited(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: Store | None = None,
    *,
    told: Policy | None = None,
    tell: Callable[[str, str], object] = lambda *_: None,
) -> AsyncIterator[Audited]:
    """`told` is its policy, and `tell` gets what is unusual."""
    log = Log(folder / "state" / "audit.jsonl")
    with PaperApi(folder / "files") as api:
        async with assistant(api, monkeypatch, policy=told) as call:
            kept = store or call.bridge.store
            halts = Halts([folder / "state" / "halt"], kept)
            call.bridge._gate._audit = Audit(log, "log", kept, tell)
            call.bridge._gate._halts = halts
            yield Audited(call, api, log, halts)
