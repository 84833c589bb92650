"""Save a script's configuration, once it fits the script."""

from typing import Any

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.installation.answer_fields import record
from hbmcp.installation.controllers.config_fields import config_file_name, same_value, undeployable_note
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.scripts.validation import validated_template
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import scripts


async def save_script_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Answer:
    """What was saved, read back, with the script's defaults that hold where nothing was given."""
    config_name = config_file_name(config_name)
    template = await validated_template(installation, config)
    await installation.ask(scripts.write_script_config, config_name=config_name, config=config)
    (now,) = await together([installation.read(record, scripts.get_script_config, config_name=config_name)])
    if isinstance(now, CallError) or any(not same_value(now.get(name), value) for name, value in config.items()):
        reason = f"it couldn't be read back: {now.happened}" if isinstance(now, CallError) else "it now says otherwise."
        raise OutcomeUnknown(
            f"The API says that config {named(config_name)} was saved, but {reason}",
            advice="Read it with get_script_config before you deploy it.",
        )
    left = {name: value for name, value in template.items() if name not in config and value not in (None, "", [], {})}
    return Answer(
        {"config_name": config_name, **now, "defaults": left}, ("Saved, and read back.", undeployable_note(config_name))
    )
