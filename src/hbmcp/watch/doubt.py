"""Whether a reading is believed: two sources must agree, and of what opens the book must have moved.

Another source is asked where a condition holds, where what trails leaps, and now and then where nothing happens: a feed
that stands still says so forever.
"""

from collections.abc import Mapping
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.triggers.book_age import Market
from hbmcp.installation.triggers.condition import Condition, Judged
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.installation.triggers.witnesses import APART, Testimony, Witness

STILL = 60  # seconds without a change of its book, after which a price isn't believed by what opens


def disbelief(one: Trigger, found: Judged, witness: Testimony | None) -> str:
    """Why a reading isn't acted on; "" where nothing speaks against it. `witness` is None of what is always sure."""
    when, value = one.spec.when, found.memory.value
    assert value is not None
    if isinstance(witness, CallError):
        return f"{when.what} is {plain(value):f}, and nothing else says so: {witness.happened}"
    denied = "" if witness is None else contradiction(when, value, witness)
    return denied or one.spec.overshot(value, found.level)


def contradiction(when: Condition, value: Decimal, witness: Witness) -> str:
    """Why the two can't both be right; "" where they are near enough."""
    if abs(witness.value - value) <= witness.apart:
        return ""
    return f"{when.what} is {plain(value):f} by one source and {plain(witness.value):f} by another"


def leaps(before: Decimal | None, best: Decimal | None) -> bool:
    """Whether the best value that is trailed begins, or has moved further at once than two sources are apart."""
    if best is None or best == before:
        return False
    return before is None or abs(best - before) > abs(before) * APART / 100


def opens_by(one: Trigger) -> tuple[Market, ...]:
    """The books by which it opens something, and which must have moved."""
    when = one.spec.when
    if one.spec.reduces or not when.connector_name or not when.trading_pair:
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
