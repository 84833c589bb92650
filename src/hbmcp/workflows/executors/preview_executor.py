"""What an executor will do, worked out before it is started."""

from typing import Any

from hbmcp.installation.balances import available_balances
from hbmcp.installation.executors.plan.preparation import prepare
from hbmcp.installation.executors.plan.preview import preview
from hbmcp.installation.executors.plan.unplanned import refuse_unplanned
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer

UNPLANNED = "The config is good. There is no preview of what trades on a chain: its orders follow a pool."


async def preview_executor(
    installation: Installation, *, account_name: str, executor_type: str, config: dict[str, Any]
) -> Answer:
    """What it comes to, and its orders; of what create_executor refuses only why. Raises as it does for what is wrong
    whatever the market, and Refused for what has no preview."""
    refuse_unplanned(executor_type)
    prepared = await prepare(installation, "preview_executor", account_name, executor_type, config, suggesting=True)
    forecast = prepared.forecast
    if forecast is None:
        return Answer(UNPLANNED, prepared.notes)
    (balances,) = await together([available_balances(installation, account_name, forecast.connector)])
    return preview(prepared, forecast, balances)
