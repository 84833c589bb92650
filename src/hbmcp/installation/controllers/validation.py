"""A controller configuration, held to its controller before it is saved or sent to a bot."""

from collections.abc import Mapping
from typing import Any

from hbmcp.did_you_mean import suggestion
from hbmcp.errors import BadArguments
from hbmcp.installation.answer_fields import array, mapping, record, text
from hbmcp.installation.installation import Installation
from hbmcp_tools import controllers

EXAMPLE = (
    'e.g. {"controller_type": "market_making", "controller_name": "pmm_simple", "connector_name": '
    '"binance_perpetual", "trading_pair": "BTC-USDT", "total_amount_quote": 1000, "leverage": 5, …}'
)


async def validated_template(
    installation: Installation, config_name: str, config: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The template of the configuration's controller, once that takes the configuration.

    The workflow uses list_controllers, read_controller_template and validate_controller_config. Raises BadArguments for
    a controller that isn't there, Refused for a configuration that doesn't fit.
    """
    kind, name = config.get("controller_type"), config.get("controller_name")
    known = await installation.read(mapping(array(text)), controllers.list_controllers)
    if not isinstance(kind, str) or not isinstance(name, str) or name not in known.get(kind, []):
        homes = [other for other, names in known.items() if name in names]
        every = [one for names in known.values() for one in names]
        raise BadArguments(
            f"config says controller_type {kind!r} and controller_name {name!r}, and there is no such controller.",
            "Nothing was saved.",
            f"{name} is {homes[0]}." if homes else f"Give both, {EXAMPLE}{suggestion(str(name), every)}",
        )
    if config.get("id", config_name) != config_name:
        raise BadArguments(
            f"config has the id {config['id']!r}, but is to be saved as {config_name!r}.",
            "Nothing was saved.",
            "Leave id out, or make both the same.",
        )
    await installation.ask(
        controllers.validate_controller_config,
        controller_type=kind,  # type: ignore[arg-type]  # one of those that the API lists
        controller_name=name,
        config={**config, "id": config_name},
    )
    return await installation.read(
        mapping(record),
        controllers.read_controller_template,
        controller_type=kind,  # type: ignore[arg-type]
        controller_name=name,
    )
