"""What the tests of orders share."""

from typing import Any

import pytest

from hbmcp.installation.orders import polling, sending
from hbmcp.policy.model import Policy
from tests.paper.assistant import assistant
from tests.paper.paper_api import PaperApi


@pytest.fixture
def talk(api: PaperApi, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An assistant on that exchange with some faults, that looks at short intervals and may trade without limits."""
    monkeypatch.setattr(polling, "STEP", 0.01)
    monkeypatch.setattr(sending, "LOOK", 0.05)
    return lambda *faults: assistant(api, monkeypatch, faults, policy=Policy())
