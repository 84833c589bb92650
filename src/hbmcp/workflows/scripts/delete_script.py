"""Delete a script's code, once it is known what stands on it."""

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import Fields, array, text
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import scripts
from hummingbot_api.request import Json


async def delete_script(installation: Installation, *, script_name: str) -> Plan:
    """What stands on it: saved configurations. Which script a running bot runs, the API doesn't tell."""
    script_name = script_name.removesuffix(".py")

    async def exists(installation: Installation) -> bool:
        return script_name in await installation.read(array(text), scripts.list_scripts)

    if not await exists(installation):
        raise Refused(f"There is no script {named(script_name)}.", "Nothing was done.", "list_scripts has them.")
    saved = await installation.read(array(_config), scripts.list_script_configs)
    dependents = [
        f"Config {named(name)} is for it, and can't run without it."
        for name, script in saved
        if script.removesuffix(".py") == script_name
    ]
    unread = ["Bots that run it keep a copy, but the API doesn't tell which do."]
    what = f"script {named(script_name)}"
    request = PlannedRequest.of(
        "configures", f"delete {what}", Stake(type=script_name), scripts.remove_script, script_name=script_name
    )
    return Deletion(what, "list_scripts", request, exists).plan(dependents, unread)


def _config(row: Json) -> tuple[str, str]:
    """Its name, and that of the script that it is for."""
    fields = Fields(row)
    return fields.needed("config_name", text), fields.needed("script_file_name", text)
