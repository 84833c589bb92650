"""What the tests of triggers share."""

from typing import Any

import pytest

from hbmcp.policy.model import Policy
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An assistant on that exchange with some faults, that may trade without limits unless it is told some."""
    return lambda *faults, policy=None: assistant(api, monkeypatch, faults, policy=policy or Policy())
