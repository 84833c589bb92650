"""The triggers are watched by a server that may act, from its first answer on."""

import asyncio
from pathlib import Path

import anyio
import pytest
from pydantic import SecretStr

from hbmcp.catalog import Catalog
from hbmcp.server import line as line_module
from hbmcp.server.line import Line
from hbmcp.settings import Settings
from tests.paper.spot_account import BUY

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("read_only", [False, True])
async def test_one_that_may_only_read_never_watches(read_only: bool) -> None:
    told = Settings.model_construct(paper=True, paper_db=":memory:", read_only=read_only)
    line = Line(Catalog.load().choose(read_only=read_only), told, None, "a test")
    assert line._watching is None, "nothing was answered yet"
    line.watch()
    assert (line._watching is None) == read_only
    await line.aclose()


async def test_one_that_has_only_read_loads_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "WATCH_AFTER", 0)
    kept = tmp_path / "state.sqlite"
    told = Settings.model_construct(paper=True, paper_db=":memory:", state_url=SecretStr(f"sqlite:///{kept}"))
    line = Line(Catalog.load().choose(), told, None, "a test")
    await line.bridge.call("list_accounts", {})
    line.watch()
    assert line._watching is not None
    await asyncio.wait([line._watching])
    assert line._background is None
    assert not kept.exists()
    await line.bridge.call("place_order", {**BUY, "order_type": "MARKET", "amount": 0.01, "wait": 0})
    line.watch()
    with anyio.fail_after(10):
        while line._background is None:
            await asyncio.sleep(0.01)
    await line.aclose()
