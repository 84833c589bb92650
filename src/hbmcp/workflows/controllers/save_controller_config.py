"""Save a controller's configuration, once its controller takes it."""

from collections.abc import Mapping
from typing import Any

from hbmcp.installation.controllers.config_fields import (
    changed_fields,
    config_file_name,
    defaults_in_force,
    undeployable_note,
)
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.controllers.saved_config import read_back, saved_config
from hbmcp.installation.controllers.stake import controller_stake
from hbmcp.installation.controllers.validation import validate_for_saving
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers

LEFT = "Fields that were not given hold their defaults, shown here; null and empty ones are left out."


async def save_controller_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Plan:
    """What would be saved, or was, read back: `defaults` that hold, and `changed` fields where a configuration is
    replaced."""
    config_name = config_file_name(config_name)
    validated = await validate_for_saving(installation, config_name, config)
    wanted = {**config, "id": config_name}
    before = await saved_config(installation, config_name)
    bots = await running_bots(installation)
    request = PlannedRequest.of(
        "configures",
        f"{'save' if before is None else 'replace'} controller config {named(config_name)}",
        controller_stake(wanted),
        controllers.write_controller_config,
        config_name=config_name,
        config=wanted,
    )
    value: dict[str, Any] = {"config_name": config_name, "defaults": defaults_in_force(validated.template, wanted)}
    having = bots.with_config(_config_name=config_name)
    notes = (
        LEFT if value["defaults"] else "",
        undeployable_note(config_name),
        *(f"{named(bot)} runs with its own copy: change that with update_bot_config." for bot in having),
    )

    def told(done: str, after: Mapping[str, Any]) -> Answer:
        changed = {} if before is None else {"changed": changed_fields(before, after)}
        return Answer({**value, **changed}, (f"{done} {validated.note}", *notes))

    async def commit(installation: Installation) -> Answer:
        await installation.send(request)
        now = await read_back(installation, config_name, wanted)
        return told(f"{'Saved' if before is None else 'Replaced'}, and read back.", now)

    return Plan(told(request.unsent, wanted), (request,), commit)
