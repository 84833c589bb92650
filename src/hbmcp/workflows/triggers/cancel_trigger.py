"""Cancelling triggers."""

from hbmcp.errors import BadArguments, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.ending import plan_ending, refuse_over
from hbmcp.installation.triggers.kept import NOT_DONE, kept, one_kept, refused
from hbmcp.installation.triggers.trigger import WAITING
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def cancel_trigger(
    installation: Installation,
    *,
    id: int | None = None,  # noqa: A002
    trading_pair: str | None = None,
    all: bool | None = None,  # noqa: A002
) -> Plan:
    """Of each whether it is cancelled; of a pair, or all of a base, those that wait for it, protect it or trade it.
    Raises Refused for one that doesn't wait, or where the store fails."""
    if sum((id is not None, trading_pair is not None, bool(all))) != 1:
        raise BadArguments(
            "One of id, trading_pair and all=true is needed.", NOT_DONE, "list_triggers shows their ids."
        )
    try:
        if id is None:
            found = await kept(installation, states=WAITING)
            rows = [one for one in found.rows if trading_pair is None or one.spec.is_about(None, None, trading_pair)]
            if not rows:
                of_it = "" if trading_pair is None else f" of {named(trading_pair)}"
                return Plan(Answer(f"No trigger{of_it} waits.", found.notes))
            return plan_ending(rows, found.notes)
        one = await one_kept(installation, id)
    except StoreError as error:
        raise refused(error) from None
    refuse_over(one)
    return plan_ending([one])
