"""Arming triggers: shown first, judged, and kept in one transaction before anything is answered."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from attrs import evolve, field, frozen

from hbmcp.errors import CallError, Refused, StoreError
from hbmcp.installation.installation import Foreseen, Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import Later, PlannedRequest
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.condition import Memory
from hbmcp.installation.triggers.trigger import Spec, new
from hbmcp.installation.triggers.watching import watch_words
from hbmcp.results.answer import Answer, without_nulls
from hbmcp.times import now, utc


@frozen
class Arming:
    """One trigger that is to be kept, what it would send, and what is said of it beside its words."""

    spec: Spec
    shown: Mapping[str, Any]
    later: tuple[Later, ...] = ()
    memory: Memory = field(factory=Memory)

    @property
    def row(self) -> dict[str, Any]:
        """As it is answered."""
        expires = None if self.spec.expires is None else utc(self.spec.expires)
        return without_nulls({"will": self.spec.words, **self.shown, "expires": expires})


def _worth(requests: Sequence[PlannedRequest]) -> Decimal:
    """What they open, in quote, as far as that is known."""
    return sum((one.stake.value or Decimal(0) for one in requests if one.effect == "opens"), Decimal(0))


def arm(
    tool: str,
    armings: Sequence[Arming],
    notes: Sequence[str],
    *,
    joins: Collection[int] = (),
    instead: Collection[int] = (),
    replaces: str = "",
    bonded: bool = True,
) -> Plan:
    """The plan of a tool to keep them, `instead` of others, of which `replaces` tells; more than one, or with `joins`,
    they are bonded unless it is said that they aren't, and the first that is done ends the others. Its commit raises
    Refused where one of `joins` or `instead` has ended or fires meanwhile, or where the store fails: nothing is kept
    then."""
    bond = uuid4().hex if bonded and (joins or len(armings) > 1) else None
    rows = [one.row for one in armings]
    later = tuple(planned for one in armings for planned in one.later)
    if bond is not None:  # of those that end each other one acts
        later = max((one.later for one in armings), key=_worth)
    change = PlannedRequest.kept(tool, "triggers", "; ".join(one.spec.words for one in armings))
    if all(one.spec.then is not None and one.spec.then.reduces for one in armings):
        change = evolve(change, effect="reduces")  # so that a halt holds no protection back

    async def commit(installation: Installation) -> Answer:
        moment = now()
        added = [new(one.spec, moment, bond, installation.access, one.memory) for one in armings]
        keys: list[int] = []

        async def write() -> None:
            installation.store.told.update(instead)
            keys.extend(await installation.store.add_triggers(added, "armed", joins=joins, instead=instead))

        try:
            by = await watch_words(installation)  # first: what was kept must be told
            await installation.keep(change, write)
        except StoreError as error:
            raise Refused(f"It can't be kept: {error.happened}", NOTHING_SET, error.advice) from None
        if not keys:
            raise Refused(
                f"One of {', '.join(map(str, sorted({*joins, *instead})))} doesn't wait any more.",
                NOTHING_SET,
                "Look with list_triggers.",
            )
        armed = [{"id": key, **row} for key, row in zip(keys, rows, strict=True)]
        head = without_nulls({"replaces": replaces or None, "watched_by": by})
        value = {**armed[0], **head} if len(armed) == 1 else {**head, "triggers": armed}
        return Answer(value, tuple(notes))

    would: dict[str, Any] = {"would_arm": rows[0] if len(rows) == 1 else rows, "replaces": replaces or None}
    return Plan(Answer(without_nulls(would), tuple(notes)), (change,), commit, later)


def with_order(armed: Plan, order: Foreseen, note: str) -> Plan:
    """The same plan, and then an order that rests at the exchange: what protects is there first, and stays where the
    exchange doesn't take the order."""
    keep, place = armed.commit, order.commit
    assert keep is not None
    assert place is not None

    async def commit(installation: Installation) -> Answer:
        kept = await keep(installation)
        try:
            placed = await place(installation)
        except CallError as error:
            return Answer({**kept.value, "at_exchange": str(error)}, kept.notes)
        return Answer({**kept.value, "at_exchange": placed.value}, (*kept.notes, *placed.notes, note))

    shown = Answer({**armed.shown.value, **order.shown.value}, (*armed.shown.notes, *order.shown.notes, note))
    return evolve(armed, shown=shown, requests=(*armed.requests, *order.requests), commit=commit)
