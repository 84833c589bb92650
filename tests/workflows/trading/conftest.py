"""What the tests of orders share."""

from typing import Any

import pytest

from hbmcp.policy.model import Policy
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An assistant on that exchange with some faults, that may trade without limits."""
    return lambda *faults: assistant(api, monkeypatch, faults, policy=Policy())
