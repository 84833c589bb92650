"""Nobody waits for an exchange on paper: looks follow each other at once, and so do a read's attempts."""

import pytest
import stamina

from hbmcp.installation.orders import polling, sending, unknown_outcome
from hbmcp.installation.positions import leverage, position_mode


def shorten_pauses(patched: pytest.MonkeyPatch) -> None:
    """As often as ever, and at once."""
    again = stamina.retry_context
    patched.setattr(
        stamina, "retry_context", lambda **how: again(**{**how, "wait_initial": 0, "wait_max": 0, "wait_jitter": 0})
    )
    patched.setattr(sending, "LOOK", 0.05)
    for module in (polling, unknown_outcome):
        patched.setattr(module, "STEP", 0.01)
    for module in (leverage, position_mode):
        patched.setattr(module, "PAUSE", 0)
