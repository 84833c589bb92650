"""The configuration that a backtest runs: given, or saved. Pure."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import BadArguments
from hbmcp.installation.controllers.config_fields import config_file_name

ANY_ID = "backtest"  # a controller asks for one, and nothing is saved under it


def backtest_config(config: Mapping[str, Any] | None, config_name: str | None) -> dict[str, Any] | str:
    """As the API takes it: with an id, or the name of a saved one's file. Raises BadArguments for both or neither."""
    if (config is None) == (config_name is None):
        raise BadArguments(
            "A backtest is of one configuration: config has its fields, config_name is a saved one's.",
            "Nothing was started.",
            "Give one of the two.",
        )
    return {"id": ANY_ID, **config} if config is not None else f"{config_file_name(config_name or '')}.yml"
