"""Delete a controller's code, once it is known what stands on it."""

from typing import Literal

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import array, mapping, record, text
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import controllers

Kind = Literal["directional_trading", "market_making", "generic"]


async def delete_controller(installation: Installation, *, controller_type: Kind, controller_name: str) -> Plan:
    """What stands on it: saved configurations, and running bots."""
    asked = {"controller_type": controller_type, "controller_name": controller_name}

    async def exists(installation: Installation) -> bool:
        known = await installation.read(mapping(array(text)), controllers.list_controllers)
        return controller_name in known.get(controller_type, [])

    if not await exists(installation):
        raise Refused(
            f"There is no {controller_type} controller {named(controller_name)}.",
            "Nothing was done.",
            "list_controllers has them.",
        )
    bots = await running_bots(installation)
    saved = await installation.read(array(record), controllers.list_controller_configs)
    dependents = [f"{named(bot)} runs it now." for bot in bots.with_config(**asked)]
    dependents += [
        f"Config {named(one.get('id'))} is for it, and can't run without it."
        for one in saved
        if all(one.get(key) == value for key, value in asked.items())
    ]
    what = f"controller {named(controller_name)}"
    request = PlannedRequest.of(
        "configures",
        f"delete {what}",
        Stake(type=controller_name),
        controllers.remove_controller,
        controller_type=controller_type,
        controller_name=controller_name,
    )
    return Deletion(what, "list_controllers", request, exists).plan(dependents, bots.unread)
