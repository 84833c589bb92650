"""Change a running bot's copy of a controller configuration, once its controller takes the whole."""

from typing import Any

from hbmcp.errors import BadArguments, CallError, OutcomeUnknown
from hbmcp.installation.controllers.config_fields import changed_fields
from hbmcp.installation.controllers.running_bots import bot_config
from hbmcp.installation.controllers.validation import validate_for_saving
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers

APPLIED = (
    "Saved in the bot's own copy, and read back; the config in list_controller_configs is unchanged. The bot applies "
    "it within about a minute, and only fields that may change while it runs; the rest waits for a restart."
)


async def update_bot_config(
    installation: Installation, *, bot_name: str, config_name: str, updates: dict[str, Any]
) -> Answer:
    """The fields that changed, one row each: `field`, `before`, `after`."""
    config_name = config_name.removesuffix(".yml")
    before = await bot_config(installation, bot_name, config_name)
    if fixed := {"id", "controller_type", "controller_name"} & updates.keys():
        raise BadArguments(
            f"{', '.join(sorted(fixed))} of a running config can't change.", "Nothing was sent.", "Leave them out."
        )
    whole = {key: value for key, value in before.items() if key != "_config_name"} | updates
    validated = await validate_for_saving(installation, config_name, whole)
    await installation.ask(controllers.write_bot_config, bot_name=bot_name, config_name=config_name, updates=updates)
    (now,) = await together([bot_config(installation, bot_name, config_name)])
    if isinstance(now, CallError):
        raise OutcomeUnknown(
            f"The API says that {named(bot_name)}'s copy of {named(config_name)} was changed.",
            f"It couldn't be read back: {now.happened}",
            "Look with list_bot_configs before you rely on it.",
        )
    rows = changed_fields(before, now)
    return Answer(
        rows or "Nothing changed: the bot's copy said all this already.", (APPLIED, validated.note) if rows else ()
    )
