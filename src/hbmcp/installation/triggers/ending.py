"""Ending triggers that wait."""

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from hbmcp.errors import Refused, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.triggers.kept import NOT_DONE, cancel, refused
from hbmcp.installation.triggers.trigger import WAITING, Trigger
from hbmcp.results.answer import Answer


def plan_ending(ended: Sequence[Trigger], notes: Sequence[str] = ()) -> Plan:
    """The plan to cancel them, which asks no API. Its commit tells of each what became of it; Refused where the store
    fails."""
    unprotected = [one for one in ended if one.spec.protects is not None]
    warning = ""
    if unprotected:
        keys = ", ".join(str(one.key) for one in unprotected)
        warning = f"What {keys} protected has that no more: get_positions tells what else does."

    changes = tuple(map(_change, ended))

    async def commit(installation: Installation) -> Answer:
        rows: list[dict[str, Any]] = []
        for one, change in zip(ended, changes, strict=True):
            try:
                gone = await _end(installation, one, change)
            except StoreError as error:
                if not rows:
                    raise refused(error) from None
                rows.append({"id": one.key, "result": f"not cancelled: {error.happened}"})
                continue
            rows.append({"id": one.key, "result": "cancelled" if gone else "fires, or has ended: see get_trigger"})
        return Answer(rows[0] if len(rows) == 1 else rows, (*notes, warning))

    would = [{"id": one.key, "would_cancel": one.spec.words} for one in ended]
    shown = Answer(would[0] if len(would) == 1 else would, (*notes, warning))
    return Plan(shown, changes, commit)


async def _end(installation: Installation, one: Trigger, change: PlannedRequest) -> bool:
    """Whether it waited. Raises StoreError."""
    gone: list[bool] = []

    async def write() -> None:
        gone.append(await cancel(installation, one.key, "cancelled by a call"))

    await installation.keep(change, write)
    return gone[0]


def _change(one: Trigger) -> PlannedRequest:
    change = PlannedRequest.kept("cancel_trigger", "triggers", f"cancel trigger {one.key}, {one.spec.words}")
    what = one.spec.protects
    if what is None:
        return evolve(change, effect="cancels")
    stake = Stake(account=what.account_name, exchange=what.connector_name, pair=what.trading_pair)
    return evolve(change, effect="unprotects", stake=stake)


def refuse_over(one: Trigger) -> None:
    """Raises Refused for one that doesn't wait."""
    if one.row.state not in WAITING:
        raise Refused(f"Trigger {one.key} doesn't wait any more: it is {one.row.state}.", NOT_DONE, "See get_trigger.")
