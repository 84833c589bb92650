"""Delete a saved configuration of a controller, once it is known what stands on it."""

from functools import partial

from hbmcp.errors import Refused
from hbmcp.installation.answer_fields import Fields, array, record, text
from hbmcp.installation.controllers.deletion import deleted
from hbmcp.installation.controllers.running_bots import running
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers, scripts
from hummingbot_api.request import Json


async def delete_controller_config(installation: Installation, *, config_name: str, confirm: bool = False) -> Answer:
    """What stands on it: running bots that have a copy, and script configurations that name it."""
    config_name = config_name.removesuffix(".yml")

    async def there() -> bool:
        saved = await installation.read(array(record), controllers.list_controller_configs)
        return any(one.get("id") == config_name for one in saved)

    if not await there():
        raise Refused(
            f"There is no controller config {config_name!r}.", "Nothing was done.", "list_controller_configs has them."
        )
    bots = await running(installation)
    users = await installation.read(array(_script_config), scripts.list_script_configs)
    standing = [f"{bot} runs with a copy of it, and keeps that." for bot in bots.having(_config_name=config_name)]
    standing += [
        f"Script config {name!r} names it, and can't be deployed without it."
        for name, named in users
        if config_name in [one.removesuffix(".yml") for one in named]
    ]
    remove = partial(installation.ask, controllers.remove_controller_config, config_name=config_name)
    return await deleted(
        f"controller config {config_name!r}", standing, bots.unread, confirm, remove, there, "list_controller_configs"
    )


def _script_config(row: Json) -> tuple[str, list[str]]:
    """Its name, and the controller configurations that it names."""
    fields = Fields(row)
    return fields.needed("config_name", text), fields.given("controllers_config", array(text)) or []
