"""When another source is asked of what was read, and whether the book by which something opens has moved.

Another is asked where a condition holds, where what trails leaps, and now and then where nothing happens: a feed that
stands still says so forever.
"""

from collections.abc import Mapping
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.installation.triggers.book_age import Market
from hbmcp.installation.triggers.condition import Judged
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.installation.triggers.witnesses import apart

STILL = 60  # seconds without a change of its book, after which a price isn't believed by what opens


def matters(one: Trigger, found: Judged) -> bool:
    """Whether something comes of a reading: its condition holds, or the best value that is trailed begins, or has moved
    further at once than two sources are apart."""
    before, best = one.memory.best, found.memory.best
    if found.met or best is None or best == before:
        return found.met
    return before is None or abs(best - before) > apart(one.spec.when.of, before)


def opens_by(one: Trigger) -> tuple[Market, ...]:
    """The books by which it opens something, and which must have moved."""
    when = one.spec.when
    if not one.spec.opens or not when.connector_name or not when.trading_pair:
        return ()
    others = ((when.other, when.trading_pair),) if when.other else ()
    return ((when.connector_name, when.trading_pair), *others)


def stillness(one: Trigger, ages: Mapping[Market, Decimal | CallError]) -> str:
    """Why the value by which it opens may be an old one."""
    for market in opens_by(one):
        age = ages.get(market)
        if isinstance(age, CallError):
            return f"{one.spec.when.what} may be an old one: {age.happened}"
        if age is not None and age > STILL:
            return f"{one.spec.when.what} may be an old one: its book hasn't changed for {age:.0f} s"
    return ""
