"""What comes with a call."""

from typing import NamedTuple

from hbmcp.policy.confirmation.answer import Ask
from hbmcp.policy.grant import Firing


class Incoming(NamedTuple):
    """Its client's name, its idempotency key, the trigger that fires, the way to a person, when the access token ends
    that was shown, and whether a program reads the answer."""

    client: str = ""
    key: str | None = None
    firing: Firing | None = None
    ask: Ask | None = None
    until: int | None = None
    structured: bool = False
