"""What the tests of workflows share: a paper exchange whose clock stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paper.paper_api import PaperApi
from tests.workflows.gateway_api import asked

__all__ = ["api", "asked"]


@pytest.fixture
def api(tmp_path: Path) -> Iterator[PaperApi]:
    """A paper exchange in memory."""
    with PaperApi(tmp_path / "files") as exchange:
        yield exchange
