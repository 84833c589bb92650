"""The triggers are watched by a server that may act, from its first answer on."""

import pytest

from hbmcp.catalog import Catalog
from hbmcp.server.line import Line
from hbmcp.settings import Settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("read_only", [False, True])
async def test_one_that_may_only_read_never_watches(read_only: bool) -> None:
    told = Settings.model_construct(paper=True, paper_db=":memory:", read_only=read_only)
    line = Line(Catalog.load().choose(read_only=read_only), told, None, "a test")
    assert line._watching is None, "nothing was answered yet"
    line.watch()
    assert (line._watching is None) == read_only
    await line.aclose()
