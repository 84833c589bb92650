"""Save a controller's configuration, once its controller takes it."""

from typing import Any

from hbmcp.errors import CallError, Failed, OutcomeUnknown
from hbmcp.installation.answer_fields import array, record
from hbmcp.installation.controllers.config_fields import changed, defaults, file_name, same
from hbmcp.installation.controllers.running_bots import running
from hbmcp.installation.controllers.validation import checked
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers

LEFT = "Fields that were not given hold their defaults, shown here; null and empty ones are left out."


async def save_controller_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Answer:
    """What was saved, read back: `defaults` that hold, and `changed` fields where a configuration was replaced."""
    config_name = file_name(config_name)
    template = await checked(installation, config_name, config)
    wanted = {**config, "id": config_name}
    saved = await installation.read(array(record), controllers.list_controller_configs)
    before = next((one for one in saved if one.get("id") == config_name), None)
    await installation.ask(controllers.write_controller_config, config_name=config_name, config=wanted)
    (now,) = await together([installation.read(record, controllers.get_controller_config, config_name=config_name)])
    if isinstance(now, CallError):
        raise OutcomeUnknown(
            f"The API says that config {config_name!r} was saved.",
            f"It couldn't be read back: {now.happened}",
            "Read it with get_controller_config before you deploy it.",
        )
    if lost := [name for name, value in wanted.items() if not same(now.get(name), value)]:
        raise Failed(
            f"Config {config_name!r} was saved, but it now says otherwise of {', '.join(lost)}.",
            advice="Read it with get_controller_config, and correct it before you deploy it.",
        )
    value: dict[str, Any] = {"config_name": config_name, "defaults": defaults(template, wanted)}
    if before is not None:
        value["changed"] = changed(before, now)
    bots = await running(installation)
    having = bots.having(_config_name=config_name)
    copies = [f"{bot} runs with its own copy: change that with update_bot_config." for bot in having]
    done = "Replaced" if before is not None else "Saved"
    note = f"{done}, and read back; its controller takes it. Pair, exchange and amounts were not checked."
    return Answer(value, (note, LEFT if value["defaults"] else "", *copies))
