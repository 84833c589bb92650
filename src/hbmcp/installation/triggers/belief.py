"""Whether a reading is believed, before anything is judged by it: two sources must agree."""

from collections.abc import Mapping
from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import plain
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.readings import Value, readings
from hbmcp.installation.triggers.witnesses import Testimony, by_marks, testimonies


@frozen
class Belief:
    """`why` a reading isn't believed, "" where another source says the same; `denied` is whether one says something
    else. `agreed` is the value by two sources that agree, None where no two do: what reduces goes by that."""

    agreed: Decimal | None
    why: str = ""
    denied: bool = False


async def beliefs(installation: Installation, values: Mapping[Condition, Decimal]) -> Mapping[Condition, Belief]:
    """Of each value that was read, after another source was asked, and a third where those two don't agree. The caller
    uses witnesses.USES. Raises nothing."""
    return await _weighed(installation, values, await testimonies(installation, values))


async def believed(installation: Installation, one: Condition) -> Value:
    """The value now: what was read, where nothing denies it, or what two other sources agree on. The caller uses
    witnesses.USES. Raises nothing."""
    read, told = await all_of(readings(installation, [one]), testimonies(installation, [one]))
    value = read[one]
    if isinstance(value, CallError):
        return value
    belief = (await _weighed(installation, {one: value}, told))[one]
    if belief.agreed is not None:
        return belief.agreed
    if not belief.denied:
        return value
    return ApiFailed(f"Which is right isn't known: {belief.why}.", advice="Call it again, or look with get_ticker.")


async def _weighed(
    installation: Installation, values: Mapping[Condition, Decimal], told: Mapping[Condition, Testimony]
) -> Mapping[Condition, Belief]:
    found = {one: _by_two(one, value, told.get(one)) for one, value in values.items()}
    doubted = [one for one, belief in found.items() if belief.why]
    third = await by_marks(installation, doubted) if doubted else {}
    return found | {one: _by_three(values[one], told[one], third.get(one), found[one]) for one in doubted}


def _by_two(one: Condition, value: Decimal, witness: Testimony | None) -> Belief:
    """`witness` is None of what is always sure."""
    if isinstance(witness, CallError):
        why = f"{one.what} is {plain(value):f}, and nothing else says so: {witness.happened}"
        return Belief(None, why)
    if witness is None or witness.says(value):
        return Belief(value)
    why = f"{one.what} is {plain(value):f} by one source and {plain(witness.value):f} by another"
    return Belief(None, why, denied=True)


def _by_three(value: Decimal, witness: Testimony, third: Testimony | None, belief: Belief) -> Belief:
    if third is None or isinstance(third, CallError):
        return belief
    if third.says(value):
        return evolve(belief, agreed=value)
    if isinstance(witness, CallError):
        return belief
    return evolve(belief, agreed=witness.value) if third.says(witness.value) else belief
