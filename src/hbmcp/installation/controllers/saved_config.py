"""A saved controller configuration: as it is, and as it was just saved."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import CallError, Failed, OutcomeUnknown
from hbmcp.installation.answer_fields import array, record
from hbmcp.installation.controllers.config_fields import same_value
from hbmcp.installation.installation import Installation, together
from hbmcp.text import named
from hbmcp_tools import controllers

Config = Mapping[str, Any]


async def saved_config(installation: Installation, config_name: str) -> Config | None:
    """None where none has that name. The workflow uses list_controller_configs. Raises CallError."""
    saved = await installation.read(array(record), controllers.list_controller_configs)
    return next((one for one in saved if one.get("id") == config_name), None)


async def read_back(installation: Installation, config_name: str, wanted: Config) -> Config:
    """What is saved now, where that is what was `wanted`. The workflow uses get_controller_config.

    Raises OutcomeUnknown where it can't be read, Failed where it says otherwise.
    """
    (now,) = await together([installation.read(record, controllers.get_controller_config, config_name=config_name)])
    if isinstance(now, CallError):
        raise OutcomeUnknown(
            f"The API says that config {named(config_name)} was saved.",
            f"It couldn't be read back: {now.happened}",
            "Read it with get_controller_config before you deploy it.",
        )
    if lost := [name for name, value in wanted.items() if not same_value(now.get(name), value)]:
        raise Failed(
            f"Config {named(config_name)} was saved, but it now says otherwise of {', '.join(map(named, lost))}.",
            advice="Read it with get_controller_config, and correct it before you deploy it.",
        )
    return now
