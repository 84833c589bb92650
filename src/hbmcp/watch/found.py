"""What became of what a trigger hangs on."""

from typing import NamedTuple

from hbmcp.errors import CallError
from hbmcp.installation.triggers.trigger import Spec

PATIENCE = 15.0  # seconds for an answer
LOOKS = 2  # that say the same, one after the other, before a trigger ends or is another: one answer is no proof


class Found(NamedTuple):
    """`over` is why it ends, `spec` what it is from now on and `why`, where a person should know; `doubt` why that
    can't be known."""

    over: str = ""
    spec: Spec | None = None
    why: str = ""
    doubt: CallError | None = None
