"""Delete a saved configuration of a controller, once it is known what stands on it."""

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import Fields, array, text
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.controllers.saved_config import saved_config
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import controllers, scripts
from hummingbot_api.request import Json


async def delete_controller_config(installation: Installation, *, config_name: str) -> Plan:
    """What stands on it: running bots that have a copy, and script configurations that name it."""
    config_name = config_name.removesuffix(".yml")

    async def exists(installation: Installation) -> bool:
        return await saved_config(installation, config_name) is not None

    if not await exists(installation):
        raise Refused(
            f"There is no controller config {named(config_name)}.",
            "Nothing was done.",
            "list_controller_configs has them.",
        )
    bots = await running_bots(installation)
    saved = await installation.read(array(_script_config), scripts.list_script_configs)
    dependents = [
        f"{named(bot)} runs with a copy of it, and keeps that." for bot in bots.with_config(_config_name=config_name)
    ]
    dependents += [
        f"Script config {named(name)} names it, and can't be deployed without it."
        for name, wanted in saved
        if config_name in [one.removesuffix(".yml") for one in wanted]
    ]
    what = f"controller config {named(config_name)}"
    request = PlannedRequest.of(
        "configures", f"delete {what}", Stake(), controllers.remove_controller_config, config_name=config_name
    )
    return Deletion(what, "list_controller_configs", request, exists).plan(dependents, bots.unread)


def _script_config(row: Json) -> tuple[str, list[str]]:
    """Its name, and the controller configurations that it names."""
    fields = Fields(row)
    return fields.needed("config_name", text), fields.given("controllers_config", array(text)) or []
