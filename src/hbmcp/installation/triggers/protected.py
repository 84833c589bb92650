"""Which triggers protect a position, or coins."""

from collections.abc import Iterable, Sequence
from typing import Literal

from hbmcp.errors import CallError, StoreError
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.positions.position import Position
from hbmcp.installation.triggers.kept import cancel, kept
from hbmcp.installation.triggers.trigger import LIVE, Protected, Spec, Trigger
from hbmcp.installation.triggers.view import short_level
from hbmcp.store import TO_REDUCE
from hbmcp.text import first

Kind = Literal["stop", "target"]
SHOWN = 5
UNREAD = "What protects positions couldn't be read"


def kind_of(one: Trigger) -> Kind:
    """A stop acts where it goes against the position, or turns; a target where it goes well."""
    protects, when = one.spec.protects, one.spec.when
    well = protects.well if protects is not None and when.of == "price" else "above"
    return "target" if when.trail is None and when.goes == well else "stop"


def same(one: Protected, other: Protected) -> bool:
    """Whether both are of one position, or of coins of one pair in one account."""
    return one.model_copy(update={"amount": None}) == other.model_copy(update={"amount": None})


def of_position(position: Position) -> Protected:
    return Protected(
        account_name=position.account,
        connector_name=position.connector,
        trading_pair=position.pair,
        side=position.side,
    )


def protecting(triggers: Iterable[Trigger], what: Protected) -> list[Trigger]:
    """Those of these that protect it."""
    return [one for one in triggers if one.spec.protects is not None and same(one.spec.protects, what)]


async def live_triggers(installation: Installation) -> tuple[tuple[Trigger, ...], str]:
    """Those that wait or fire, and "" or why they couldn't be read. Raises nothing."""
    try:
        return (await kept(installation, states=LIVE)).rows, ""
    except StoreError as error:
        return (), f"{UNREAD}: {error.happened}"


def protection_words(triggers: Iterable[Trigger]) -> str:
    """ "stop 42000 (7), target 52000 (8)", or "nothing"."""
    return ", ".join(f"{kind_of(one)} {short_level(one.spec.when)} ({one.key})" for one in triggers) or "nothing"


def beside_notes(what: Protected, triggers: Iterable[Trigger], unread: str = "") -> tuple[str, ...]:
    """What another trigger that protects it adds up to with those of these that do, in a sentence; none where there are
    none."""
    there = protecting(triggers, what)
    if not there:
        return tuple(filter(None, (unread,)))
    each = "each closes all of it" if what.amount is None else "each sells its own coins"
    return (f"It is protected by {protection_words(there)} too: {each}.",)


def alike_notes(spec: Spec, triggers: Iterable[Trigger]) -> tuple[str, ...]:
    """Which of these wait for the same and do the same, in a sentence; none where none does."""
    alike = [str(one.key) for one in triggers if one.spec.words == spec.words]
    if not alike:
        return ()
    waits = f"Trigger {alike[0]} waits" if len(alike) == 1 else f"Triggers {first(alike, SHOWN)} wait"
    return (f"{waits} for the same, to do the same: cancel_trigger ends what is too many.",)


async def ending_notes(installation: Installation, positions: Iterable[Position], *, gone: bool) -> list[str]:
    """What becomes of the triggers that protected positions that were closed, or a part of them: with whole ones they
    end here, so that they are none of the next one's. A sentence for each that has some; none where the store doesn't
    answer soon. Raises nothing."""
    found = await answer_within(live_triggers(installation), TO_REDUCE)
    if isinstance(found, CallError):
        return []
    protected = [triggers for one in positions if (triggers := protecting(found[0], of_position(one)))]
    return [await _ending_note(installation, triggers, gone=gone) for triggers in protected]


async def _ending_note(installation: Installation, triggers: Sequence[Trigger], *, gone: bool) -> str:
    words = protection_words(triggers)
    if not gone:
        return f"What is left stays protected by {words}."
    ended = await answer_within(_end(installation, triggers), TO_REDUCE)
    by_itself = " with it" if ended is True else " by itself, as the position is gone"
    return f"It was protected by {words}: that ends{by_itself}."


async def _end(installation: Installation, triggers: Iterable[Trigger]) -> bool:
    """Whether the store took it. They end by what they are, not by what the caller was granted: who sees first that the
    position is gone, here or the watcher, writes it down."""
    try:
        for one in triggers:
            await cancel(installation, one.key, "the position that it protects was closed")
    except StoreError:
        return False
    return True
