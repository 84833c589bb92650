"""What was checked long ago isn't sent any more: the checks are made again.

A store that stalls, an API that is slow, or a machine that sleeps can come between the checks and the sending.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import frozen

from hbmcp.errors import Refused
from hbmcp.times import ticking

T = TypeVar("T")

FRESH = 25.0  # seconds from their beginning to the sending: two checks in a row, without an answer, take 20
ROUNDS = 3


class Stale(Refused):
    """The checks were too old when it was to be sent: nothing was."""

    def __init__(self) -> None:
        super().__init__(
            f"Between the checks and the sending more than {FRESH:g} s passed, {ROUNDS} times: the API or hbmcp's "
            "store is too slow, or this machine slept.",
            "Nothing was sent.",
            "Look with get_status how the API does, and try again later.",
        )


@frozen
class Checks:
    """One round of checks: when it `began`, and which it is."""

    round: int
    began: float

    def hold(self, *, reduces: bool = False) -> None:
        """Called in the moment before something is sent. Raises Stale for checks that are too old; what only reduces
        goes out on those of a second round, however old they are."""
        if ticking() - self.began > FRESH and not (reduces and self.round > 1):
            raise Stale


async def on_fresh_checks(check_and_send: Callable[[Checks], Awaitable[T]]) -> T:
    """What it comes to; while its checks are Stale, which says that nothing was sent, it begins anew, ROUNDS times."""
    for number in range(1, ROUNDS):
        try:
            return await check_and_send(Checks(number, ticking()))
        except Stale:
            continue
    return await check_and_send(Checks(ROUNDS, ticking()))
