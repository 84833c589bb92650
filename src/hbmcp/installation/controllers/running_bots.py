"""Which bots run, and the copies of controller configurations that they have."""

from collections.abc import Awaitable, Mapping
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, Refused
from hbmcp.installation.answer_fields import Fields, array, data, record, text
from hbmcp.installation.heard_bots import broker_connected, heard_bots
from hbmcp.installation.installation import Installation, together
from hbmcp.text import named
from hbmcp_tools import bots, controllers

Config = Mapping[str, Any]


@frozen
class RunningBots:
    """Bot -> its configurations. `unread` says why some of it isn't known; a sentence each."""

    configs: Mapping[str, list[Config]]
    unread: tuple[str, ...] = ()

    def with_config(self, **fields: str) -> list[str]:
        """The bots with a configuration of which all this is true."""
        return [
            bot
            for bot, configs in self.configs.items()
            if any(all(config.get(key) == value for key, value in fields.items()) for config in configs)
        ]


async def running_bots(installation: Installation) -> RunningBots:
    """The bots that the API hears. The workflow uses list_bots, get_broker_status and list_bot_configs."""
    questions: list[Awaitable[Any]] = [heard_bots(installation), broker_connected(installation)]
    found, broker = await together(questions)
    if isinstance(found, CallError):
        return RunningBots({}, (f"Whether bots run isn't known: {found.happened}",))
    unread = []
    if isinstance(broker, CallError):
        unread.append(f"Bots may run that the API doesn't see; whether it would isn't known: {broker.happened}")
    elif not broker:
        unread.append("The message broker isn't connected, so bots may run that the API doesn't see.")
    names = list(found)
    copies: list[list[dict[str, Any]] | CallError] = await together(
        installation.read(array(record), controllers.list_bot_configs, bot_name=name) for name in names
    )
    unread += [
        f"The configurations of {named(name)} couldn't be read: {one.happened}"
        for name, one in zip(names, copies, strict=True)
        if isinstance(one, CallError)
    ]
    configs: dict[str, list[Config]] = {
        name: [] if isinstance(one, CallError) else list(one) for name, one in zip(names, copies, strict=True)
    }
    return RunningBots(configs, tuple(unread))


async def bot_account(installation: Installation, bot_name: str) -> str | None:
    """The account that a bot was deployed with, where that is recorded and can be read. The workflow uses
    list_bot_runs."""
    (runs,) = await together([installation.read(data(Fields), bots.list_bot_runs, bot_name=bot_name)])
    found = [] if isinstance(runs, CallError) else [run for run in runs if run.known("bot_name", text) == bot_name]
    return found[0].known("account_name", text) if found else None


async def bot_config(installation: Installation, bot_name: str, config_name: str) -> dict[str, Any]:
    """A bot's copy of a configuration. The workflow uses list_bot_configs. Raises Refused where it has none."""
    configs = await installation.read(array(record), controllers.list_bot_configs, bot_name=bot_name)
    for config in configs:
        if config.get("_config_name") == config_name:
            return config
    names = ", ".join(named(config.get("_config_name")) for config in configs) or "none"
    raise Refused(f"{named(bot_name)} has no config {named(config_name)}.", "Nothing was sent.", f"It has: {names}.")
