"""What an executor will do, worked out before it is started."""

from decimal import Decimal
from typing import Any

from hbmcp.errors import CallError
from hbmcp.installation.executors.config.venue import available
from hbmcp.installation.executors.plan.preparation import ready
from hbmcp.installation.executors.plan.unplanned import refuse_unplanned
from hbmcp.installation.executors.plan.view import needs, remarks, rows, summary
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer

UNPLANNED = "The config is good. There is no preview of what trades on a chain: its orders follow a pool."
MEANT = "Before fees, with all orders filled."


async def preview_executor(
    installation: Installation, *, account_name: str, executor_type: str, config: dict[str, Any]
) -> Answer:
    """What it comes to, and its orders; of what create_executor refuses only why. Raises as it does for what is wrong
    whatever the market, and Refused for what has no preview."""
    refuse_unplanned(executor_type)
    prepared = await ready(installation, "preview_executor", account_name, executor_type, config)
    checked, at = prepared.config, prepared.foretold
    if at is None:
        return Answer(UNPLANNED, prepared.notes)
    planned, seen = at.plan, at.market
    _, token = needs(checked, planned)
    unread = ""
    balance: Decimal | None = None
    try:
        balance = await available(installation, account_name, at.connector, token)
    except CallError as error:
        unread = f"The balance couldn't be read: {error}"
    value = summary(checked, planned, seen, balance)
    if at.hindrances:
        refused = tuple(f"create_executor refuses it: {field}: {why}." for field, why in at.hindrances.items())
        del value["placed_at_once"]
        return Answer(value, (*refused, *prepared.notes))
    said = remarks(checked, planned, seen, at.rule, balance)
    value["orders"] = rows(checked, planned)
    return Answer(value, (*at.notes, *said, unread, *prepared.notes, MEANT))
