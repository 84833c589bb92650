"""A script configuration, held to its script before it is saved: the API itself checks nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import BadArguments
from hbmcp.installation.answer_fields import Fields, array, record, text
from hbmcp.installation.installation import Installation
from hbmcp.text import NAMED, named, quoted
from hbmcp_tools import controllers, scripts

Config = Mapping[str, Any]

KINDS: Mapping[type, str] = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}


async def validated_template(installation: Installation, config: Config) -> Config:
    """The fields of the script that the configuration names, with their defaults, once the configuration fits them.

    The workflow uses list_scripts, get_script_template and list_controller_configs. Raises BadArguments.
    """
    template = await _template(installation, config)
    saved = await installation.read(array(Fields), controllers.list_controller_configs)
    known = [name for one in saved if (name := one.known("id", text))]
    if problems := [*_misfits(template, config), *_missing_controllers(known, config)]:
        lines = "\n".join(f"- {one}" for one in problems)
        raise BadArguments(
            f"The config doesn't fit {named(config['script_file_name'])}:\n{lines}\n",
            "Nothing was saved.",
            "Correct it; get_script_template shows the fields.",
        )
    return template


async def _template(installation: Installation, config: Config) -> Config:
    file = config.get("script_file_name")
    known = await installation.read(array(text), scripts.list_scripts)
    if not isinstance(file, str) or file.removesuffix(".py") not in known:
        raise BadArguments(
            f"config says script_file_name {named(file)}, and there is no such script.",
            "Nothing was saved.",
            f"There are: {', '.join(named(f'{name}.py') for name in known) or 'none'}{suggestion(str(file), known)}",
        )
    return await installation.read(record, scripts.get_script_template, script_name=file.removesuffix(".py"))


def _misfits(template: Config, config: Config) -> Iterator[str]:
    for name, value in config.items():
        if name not in template:
            yield f"{named(name)}: unknown field{suggestion(name, template)}"
        elif _unlike(template[name], value):
            kind, default = KINDS[type(template[name])], quoted(str(template[name]), NAMED)
            yield f"{named(name)}: must be {kind}, as its default {default} is"


def _missing_controllers(known: list[str], config: Config) -> Iterator[str]:
    for name in config.get("controllers_config") or []:
        if str(name).removesuffix(".yml") not in known:
            yield f"controllers_config: no controller config {named(name)} is saved{suggestion(str(name), known)}"


def _unlike(default: Any, value: Any) -> bool:
    """Whether a value is of another kind than the default; a number may be written as text."""
    return type(default) in KINDS and not isinstance(value, type(default)) and value is not None
