"""What was checked long ago isn't sent any more: the checks are made again.

A store that stalls, an API that is slow, or a machine that sleeps can come between the checks and the sending.
"""

from hbmcp.errors import Halted, NotAllowed, NotAudited, Refused

FRESH = 25.0  # seconds from their beginning to the sending: two checks in a row, without an answer, take 20
SOON = 5.0  # seconds from their end to the first request: no API comes between, but the store and the audit
ROUNDS = 3


class Stale(Refused):
    """The checks were too old when it was to be sent: nothing was."""

    def __init__(self) -> None:
        super().__init__(
            f"Between the checks and the sending too much time passed, {ROUNDS} times: the API or hbmcp's store is too "
            "slow, or this machine slept.",
            "Nothing was sent.",
            "Try again later; a person can see with `hbmcp call get_status` how the API does.",
        )


# hbmcp itself refused it in the moment before it was sent, not the API.
HELD_BACK = (Stale, Halted, NotAllowed, NotAudited)
