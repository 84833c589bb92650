"""What an executor will do, worked out before it is started."""

from decimal import Decimal
from typing import Any

from hbmcp.errors import CallError
from hbmcp.workflows import Answer, Installation
from hbmcp.workflows.executors.checking import check
from hbmcp.workflows.executors.defaults import saved_defaults
from hbmcp.workflows.executors.hindrances import hindrances
from hbmcp.workflows.executors.levels import plan
from hbmcp.workflows.executors.previewing import needs, remarks, rows, summary
from hbmcp.workflows.executors.surroundings import available, market, places

UNPLANNED = "The config is good. There is no preview of what trades on a chain: its orders follow a pool."
MEANT = "Before fees, with all orders filled."


async def preview_executor(
    installation: Installation, *, account_name: str, executor_type: str, config: dict[str, Any]
) -> Answer:
    """What it comes to, and its orders, those first that are placed first. Raises what create_executor would."""
    saved = await saved_defaults(installation, executor_type)
    checked = check("preview_executor", executor_type, config, saved.values)
    found = await places(installation, account_name, checked)
    seen = await market(installation, found[0]) if len(found) == 1 else None
    planned = plan(checked, seen, found[0].rule) if seen else None
    if seen is None or planned is None:
        return Answer(UNPLANNED, saved.notes(checked))
    _, token = needs(checked, planned)
    unread = ""
    balance: Decimal | None = None
    try:
        balance = await available(installation, account_name, found[0].connector, token)
    except CallError as error:
        unread = f"The balance couldn't be read: {error}"
    wrong = [
        f"create_executor refuses it: {at}: {why}." for at, why in hindrances(checked, planned, seen, found[0].rule)
    ]
    value = {**summary(checked, planned, seen, balance), "orders": rows(planned)}
    return Answer(value, (*wrong, *remarks(checked, planned, seen, balance), unread, *saved.notes(checked), MEANT))
