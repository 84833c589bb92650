"""Whom the server turned away, for who reads its log."""

import logging
from collections import Counter

from starlette.types import Scope

from hbmcp.text import named
from hbmcp.times import ticking

EVERY = 60.0  # seconds between two lines of a kind, so that nobody fills the log

logger = logging.getLogger(__name__)


class TurnedAway:
    """Tells the first of a kind at once, and then how many more there were."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}
        self._more: Counter[str] = Counter()

    def tell(self, scope: Scope, kind: str, why: str) -> None:
        """`kind` is one of few words of ours; `why` holds nothing secret."""
        now = ticking()
        if now < self._told.get(kind, -EVERY) + EVERY:
            self._more[kind] += 1
            return
        self._told[kind] = now
        more = self._more.pop(kind, 0)
        logger.warning(
            "A request%s was turned away: %s.%s",
            f" from {named(scope['client'][0])}" if scope.get("client") else "",
            why,
            f" So were {more} more since the last such line." if more else "",
        )
