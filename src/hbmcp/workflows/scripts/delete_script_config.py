"""Delete a saved configuration of a script, once it is known what stands on it."""

from functools import partial

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import array, text, under
from hbmcp.installation.controllers.running_bots import running_bots
from hbmcp.installation.deletion import Deletion
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import scripts


async def delete_script_config(installation: Installation, *, config_name: str, confirm: bool = False) -> Answer:
    """What stands on it: a running bot that was deployed with it, which bears its name."""
    config_name = config_name.removesuffix(".yml")

    async def exists() -> bool:
        return config_name in await installation.read(array(under("config_name", text)), scripts.list_script_configs)

    if not await exists():
        raise Refused(
            f"There is no script config {named(config_name)}.", "Nothing was done.", "list_script_configs has them."
        )
    bots = await running_bots(installation)
    dependents = [
        f"{named(bot)} was deployed with it, and needs it to restart." for bot in bots.configs if bot == config_name
    ]
    remove = partial(installation.ask, scripts.remove_script_config, config_name=config_name)
    deletion = Deletion(f"script config {named(config_name)}", "list_script_configs", remove, exists)
    return await deletion.if_confirmed(confirm, dependents, bots.unread)
