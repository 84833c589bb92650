"""Delete a saved configuration of a script, once it is known what stands on it."""

from functools import partial

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import array, text, under
from hbmcp.installation.controllers.deletion import deleted
from hbmcp.installation.controllers.running_bots import running
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import scripts


async def delete_script_config(installation: Installation, *, config_name: str, confirm: bool = False) -> Answer:
    """What stands on it: a running bot that was deployed with it, which bears its name."""
    config_name = config_name.removesuffix(".yml")

    async def there() -> bool:
        return config_name in await installation.read(array(under("config_name", text)), scripts.list_script_configs)

    if not await there():
        raise Refused(
            f"There is no script config {config_name!r}.", "Nothing was done.", "list_script_configs has them."
        )
    bots = await running(installation)
    standing = [f"{bot} was deployed with it, and needs it to restart." for bot in bots.configs if bot == config_name]
    remove = partial(installation.ask, scripts.remove_script_config, config_name=config_name)
    return await deleted(
        f"script config {config_name!r}", standing, bots.unread, confirm, remove, there, "list_script_configs"
    )
