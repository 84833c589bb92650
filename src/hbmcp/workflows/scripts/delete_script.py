"""Delete a script's code, once it is known what stands on it."""

from functools import partial

from hbmcp.errors import Refused
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import scripts


async def delete_script(installation: Installation, *, script_name: str, confirm: bool = False) -> Answer:
    """What stands on it: saved configurations. Which script a running bot runs, the API doesn't tell."""
    script_name = script_name.removesuffix(".py")

    async def exists() -> bool:
        return script_name in await installation.ask(scripts.list_scripts)

    if not await exists():
        raise Refused(f"There is no script {script_name!r}.", "Nothing was done.", "list_scripts has them.")
    saved = await installation.ask(scripts.list_script_configs)
    dependents = [
        f"Config {one['config_name']!r} is for it, and can't run without it."
        for one in saved
        if one["script_file_name"].removesuffix(".py") == script_name
    ]
    remove = partial(installation.ask, scripts.remove_script, script_name=script_name)
    unread = ["Bots that run it keep a copy, but the API doesn't tell which do."]
    deletion = Deletion(f"script {script_name!r}", "list_scripts", remove, exists)
    return await deletion.if_confirmed(confirm, dependents, unread)
