"""Save a controller's configuration, once its controller takes it."""

from typing import Any

from hbmcp.installation.controllers.config_fields import (
    changed_fields,
    config_file_name,
    defaults_in_force,
    undeployable_note,
)
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.controllers.saved_config import read_back, saved_config
from hbmcp.installation.controllers.validation import validate_for_saving
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers

LEFT = "Fields that were not given hold their defaults, shown here; null and empty ones are left out."


async def save_controller_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Answer:
    """What was saved, read back: `defaults` that hold, and `changed` fields where a configuration was replaced."""
    config_name = config_file_name(config_name)
    validated = await validate_for_saving(installation, config_name, config)
    wanted = {**config, "id": config_name}
    before = await saved_config(installation, config_name)
    await installation.ask(controllers.write_controller_config, config_name=config_name, config=wanted)
    now = await read_back(installation, config_name, wanted)
    value: dict[str, Any] = {"config_name": config_name, "defaults": defaults_in_force(validated.template, wanted)}
    if before is not None:
        value["changed"] = changed_fields(before, now)
    bots = await running_bots(installation)
    having = bots.with_config(_config_name=config_name)
    copies = [f"{named(bot)} runs with its own copy: change that with update_bot_config." for bot in having]
    done = "Replaced" if before is not None else "Saved"
    note = f"{done}, and read back. {validated.note}"
    return Answer(value, (note, LEFT if value["defaults"] else "", undeployable_note(config_name), *copies))
