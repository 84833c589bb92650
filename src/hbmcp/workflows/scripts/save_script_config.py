"""Save a script's configuration, once it fits the script: the API itself checks nothing."""

from typing import Any

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import BadArguments, CallError, OutcomeUnknown
from hbmcp.installation.answer_fields import Fields, array, record, text
from hbmcp.installation.controllers.config_fields import file_name, same
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers, scripts

KINDS: dict[type, str] = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}


async def save_script_config(installation: Installation, *, config_name: str, config: dict[str, Any]) -> Answer:
    """What was saved, read back, with the script's defaults that hold where nothing was given."""
    config_name = file_name(config_name)
    template = await _template(installation, config)
    problems = [
        f"- {name}: unknown field{suggestion(name, template)}"
        if name not in template
        else f"- {name}: must be {KINDS[type(template[name])]}, as its default {template[name]!r} is"
        for name, value in config.items()
        if name not in template or _unlike(template[name], value)
    ]
    saved = await installation.read(array(record), controllers.list_controller_configs)
    known = [name for one in saved if (name := Fields(one).known("id", text))]
    for name in config.get("controllers_config") or []:
        if str(name).removesuffix(".yml") not in known:
            problems.append(
                f"- controllers_config: no controller config {name!r} is saved{suggestion(str(name), known)}"
            )
    if problems:
        lines = "\n".join(problems)
        raise BadArguments(
            f"The config doesn't fit {config['script_file_name']}:\n{lines}\n",
            "Nothing was saved.",
            "Correct it; get_script_template shows the fields.",
        )
    await installation.ask(scripts.write_script_config, config_name=config_name, config=config)
    (now,) = await together([installation.read(record, scripts.get_script_config, config_name=config_name)])
    if isinstance(now, CallError) or any(not same(now.get(name), value) for name, value in config.items()):
        reason = f"it couldn't be read back: {now.happened}" if isinstance(now, CallError) else "it now says otherwise."
        raise OutcomeUnknown(
            f"The API says that config {config_name!r} was saved, but {reason}",
            advice="Read it with get_script_config before you deploy it.",
        )
    left = {name: value for name, value in template.items() if name not in config and value not in (None, "", [], {})}
    return Answer({"config_name": config_name, **now, "defaults": left}, ("Saved, and read back.",))


async def _template(installation: Installation, config: dict[str, Any]) -> dict[str, Any]:
    """The fields of the script that the configuration names, with their defaults."""
    file = config.get("script_file_name")
    known = await installation.read(array(text), scripts.list_scripts)
    if not isinstance(file, str) or file.removesuffix(".py") not in known:
        raise BadArguments(
            f"config says script_file_name {file!r}, and there is no such script.",
            "Nothing was saved.",
            f"There are: {', '.join(f'{name}.py' for name in known) or 'none'}{suggestion(str(file), known)}",
        )
    return await installation.read(record, scripts.get_script_template, script_name=file.removesuffix(".py"))


def _unlike(default: Any, value: Any) -> bool:
    """Whether a value is of another kind than the default; a number may be written as text."""
    return type(default) in KINDS and not isinstance(value, type(default)) and value is not None
