"""Delete a saved configuration of a script, once it is known what stands on it."""

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import array, text, under
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import scripts


async def delete_script_config(installation: Installation, *, config_name: str) -> Plan:
    """What stands on it: a running bot that was deployed with it, which bears its name."""
    config_name = config_name.removesuffix(".yml")

    async def exists(installation: Installation) -> bool:
        return config_name in await installation.read(array(under("config_name", text)), scripts.list_script_configs)

    if not await exists(installation):
        raise Refused(
            f"There is no script config {named(config_name)}.", "Nothing was done.", "list_script_configs has them."
        )
    bots = await running_bots(installation)
    dependents = [
        f"{named(bot)} was deployed with it, and needs it to restart." for bot in bots.configs if bot == config_name
    ]
    what = f"script config {named(config_name)}"
    request = PlannedRequest.of(
        "configures", f"delete {what}", Stake(), scripts.remove_script_config, config_name=config_name
    )
    return Deletion(what, "list_script_configs", request, exists).plan(dependents, bots.unread)
