"""Whether a reading is believed: two sources must agree, and of what opens the book must have moved."""

from collections.abc import Mapping
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.triggers.book_age import Market
from hbmcp.installation.triggers.condition import Judged
from hbmcp.installation.triggers.trigger import Trigger
from hbmcp.installation.triggers.witnesses import Testimony

STILL = 60  # seconds without a change of its book, after which a price isn't believed by what opens


def disbelief(one: Trigger, found: Judged, witness: Testimony | None) -> str:
    """Why a reading isn't acted on; "" where nothing speaks against it. `witness` is None of what is always sure."""
    when, value = one.spec.when, found.memory.value
    assert value is not None
    if isinstance(witness, CallError):
        return f"{when.what} is {plain(value):f}, and nothing else says so: {witness.happened}"
    if witness is not None and abs(witness.value - value) > witness.apart:
        return f"{when.what} is {plain(value):f} by one source and {plain(witness.value):f} by another"
    return one.spec.overshot(value, found.level)


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
