"""Whether a reading is believed: two witnesses must agree, and of what opens the book must have moved."""

from collections.abc import Mapping
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import plain, ratio
from hbmcp.installation.triggers.book_age import Market
from hbmcp.installation.triggers.condition import Judged
from hbmcp.installation.triggers.readings import Value
from hbmcp.installation.triggers.trigger import Trigger

APART = Decimal(1)  # percent that two witnesses of one price may be apart
STILL = 60  # seconds without a change of its book, after which a price isn't believed by what opens


def disbelief(one: Trigger, found: Judged, witness: Value | None) -> str:
    """Why a reading isn't acted on; "" where nothing speaks against it. `witness` is None where there is no other."""
    when, value = one.spec.when, found.memory.value
    assert value is not None
    if isinstance(witness, CallError):
        return f"{when.what} is {plain(value):f}, and nothing else says so: {witness.happened}"
    if witness is not None and _apart(when.of == "price", value, witness) > APART:
        return f"{when.what} is {plain(value):f} by one source and {plain(witness):f} by another"
    if not one.spec.reduces and when.of == "price" and found.level:
        beyond = abs(ratio((value - found.level) * 100, found.level))
        if beyond > one.spec.slip:
            return f"{when.what} is {plain(value):f}, more than {one.spec.slip}% beyond the level"
    return ""


def opens_by(one: Trigger) -> tuple[Market, ...]:
    """The books by which it opens something, and which must have moved."""
    when = one.spec.when
    if one.spec.reduces or when.of not in ("price", "spread") or not when.connector_name or not when.trading_pair:
        return ()
    others = ((when.other, when.trading_pair),) if when.other else ()
    return ((when.connector_name, when.trading_pair), *others)


def stillness(one: Trigger, ages: Mapping[Market, Decimal | CallError]) -> str:
    """Why the price by which it opens may be an old one."""
    for market in opens_by(one):
        age = ages.get(market)
        if isinstance(age, CallError):
            return f"{one.spec.when.what} may be an old one: {age.happened}"
        if age is not None and age > STILL:
            return f"{one.spec.when.what} may be an old one: its book hasn't changed for {age:.0f} s"
    return ""


def _apart(is_price: bool, value: Decimal, witness: Decimal) -> Decimal:
    """In percent; what is in percent itself, in points."""
    if not is_price:
        return abs(witness - value)
    return abs(ratio((witness - value) * 100, value)) if value else Decimal(100)
