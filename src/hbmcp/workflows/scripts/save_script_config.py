"""Save a script's configuration, once it fits the script."""

from typing import Any

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.installation.answer_fields import array, record, text, under
from hbmcp.installation.controllers.config_fields import (
    changed_fields,
    config_file_name,
    same_value,
    undeployable_note,
)
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.scripts.validation import validated_template
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import scripts


async def save_script_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Plan:
    """What would be saved, or was, read back, with the script's defaults that hold where nothing was given, and
    `changed` fields where a configuration is replaced."""
    config_name = config_file_name(config_name)
    template = await validated_template(installation, config)
    replaces = config_name in await installation.read(array(under("config_name", text)), scripts.list_script_configs)
    before = await _saved(installation, config_name) if replaces else None
    request = PlannedRequest.of(
        "configures",
        f"{'replace' if replaces else 'save'} script config {named(config_name)}",
        Stake(type=config["script_file_name"].removesuffix(".py")),
        scripts.write_script_config,
        config_name=config_name,
        config=config,
    )
    left = {name: value for name, value in template.items() if name not in config and value not in (None, "", [], {})}

    def told(after: dict[str, Any], done: str) -> Answer:
        changed = {"changed": changed_fields(before, after)} if isinstance(before, dict) else {}
        value = {"config_name": config_name, **after, "defaults": left, **changed}
        return Answer(value, (done, undeployable_note(config_name)))

    async def commit(installation: Installation) -> Answer:
        await installation.send(request)
        now = await _saved(installation, config_name)
        if isinstance(now, CallError) or any(not same_value(now.get(name), value) for name, value in config.items()):
            said = "it now says otherwise."
            if isinstance(now, CallError):
                said = f"it couldn't be read back: {now.happened}"
            raise OutcomeUnknown(
                f"The API says that config {named(config_name)} was saved, but {said}",
                advice="Read it with get_script_config before you deploy it.",
            )
        return told(now, "Replaced, and read back." if replaces else "Saved, and read back.")

    return Plan(told(config, request.unsent), (request,), commit)


async def _saved(installation: Installation, config_name: str) -> dict[str, Any] | CallError:
    (found,) = await together([installation.read(record, scripts.get_script_config, config_name=config_name)])
    return found
