"""Ending triggers that wait."""

from collections.abc import Sequence
from typing import Any

from hbmcp.errors import Refused, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.triggers.kept import NOT_DONE, refused
from hbmcp.installation.triggers.trigger import WAITING, Trigger
from hbmcp.results.answer import Answer
from hbmcp.times import now
from hummingbot_api.request import Request


def plan_ending(ended: Sequence[Trigger], notes: Sequence[str] = ()) -> Plan:
    """The plan to cancel them, which sends nothing. Its commit tells of each what became of it; Refused where the store
    fails."""
    unprotected = [one for one in ended if one.spec.protects is not None]
    warning = ""
    if unprotected:
        keys = ", ".join(str(one.key) for one in unprotected)
        warning = f"What {keys} protected has that no more: get_positions tells what else does."

    async def commit(installation: Installation) -> Answer:
        rows: list[dict[str, Any]] = []
        for one in ended:
            try:
                gone = await installation.store.move_trigger(
                    one.key, WAITING, "cancelled", "cancelled by a call", time=now()
                )
            except StoreError as error:
                if not rows:
                    raise refused(error) from None
                rows.append({"id": one.key, "result": f"not cancelled: {error.happened}"})
                continue
            rows.append({"id": one.key, "result": "cancelled" if gone else "fires, or has ended: see get_trigger"})
        return Answer(rows[0] if len(rows) == 1 else rows, (*notes, warning))

    would = [{"id": one.key, "would_cancel": one.spec.words} for one in ended]
    shown = Answer(would[0] if len(would) == 1 else would, (*notes, warning))
    return Plan(shown, (), commit, tuple(map(_change, ended)))


def _change(one: Trigger) -> PlannedRequest:
    """What a policy judges: no API is asked for it."""
    protects = one.spec.protects
    stake = Stake()
    if protects is not None:
        stake = Stake(account=protects.account_name, exchange=protects.connector_name, pair=protects.trading_pair)
    return PlannedRequest(
        "cancel_trigger",
        Request("PUT", "hbmcp's own triggers", parse=lambda answer: answer),
        "cancels" if protects is None else "unprotects",
        f"cancel trigger {one.key}, {one.spec.words}",
        stake,
    )


def refuse_over(one: Trigger) -> None:
    """Raises Refused for one that doesn't wait."""
    if one.row.state not in WAITING:
        raise Refused(f"Trigger {one.key} doesn't wait any more: it is {one.row.state}.", NOT_DONE, "See get_trigger.")
