"""Cancelling triggers."""

from hbmcp.errors import BadArguments, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.ending import plan_ending, refuse_over
from hbmcp.installation.triggers.kept import NOT_DONE, kept, one_kept, refused
from hbmcp.installation.triggers.trigger import WAITING
from hbmcp.results.answer import Answer


async def cancel_trigger(installation: Installation, *, id: int | None = None, all: bool | None = None) -> Plan:  # noqa: A002
    """Of each whether it is cancelled. Raises Refused for one that doesn't wait, or where the store fails."""
    if (id is None) == (not all):
        raise BadArguments("Either id or all=true is needed.", NOT_DONE, "list_triggers shows their ids.")
    try:
        if id is None:
            found = await kept(installation, states=WAITING)
            if not found.rows:
                return Plan(Answer("No trigger waits.", found.notes))
            return plan_ending(found.rows, found.notes)
        one = await one_kept(installation, id)
    except StoreError as error:
        raise refused(error) from None
    refuse_over(one)
    return plan_ending([one])
