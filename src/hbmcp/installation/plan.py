"""What a call would send, before any of it is sent.

A tool that isn't a read has two halves. Its plan only reads, and says what would be sent, with which effect, in words
and figures. Its commit sends that, each request once, and nothing else.
"""

from collections.abc import Awaitable, Callable

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.results.answer import Answer


@frozen
class Plan:
    """What would be sent. `shown` tells it to who only looks. `commit` is given an installation that sends what is in
    `requests`, or keeps it; there may be none: then it waits for what goes on already. Without requests and commit
    there is nothing to do, and `shown` is the answer. `later` is what it arms: a policy judges that now, and counts it
    when it is sent. `unfit` is why none of it can be sent as things stand, whatever a policy says: a balance, a figure
    that looks like a slip. `severable` requests stand each for itself: where some are refused, the others are sent."""

    shown: Answer
    requests: tuple[PlannedRequest, ...] = ()
    commit: Callable[[Installation], Awaitable[Answer]] | None = None
    later: tuple[Later, ...] = ()
    unfit: CallError | None = None
    severable: bool = False
