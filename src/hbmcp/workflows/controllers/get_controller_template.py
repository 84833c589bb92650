"""The fields of a controller's configuration."""

from collections.abc import Mapping
from typing import Any

from hbmcp.installation.controllers.field_types import default_value, type_in_words
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers

UNITS = (
    "Spreads, stop_loss, take_profit are fractions (0.01 = 1%), times seconds. Defaults can be risky (leverage 20): "
    "set leverage and position_mode yourself."
)
SETS_ITSELF = "id"  # save_controller_config gives it config_name


async def get_controller_template(installation: Installation, *, controller_type: str, controller_name: str) -> Answer:
    """A row a field: its type in words, its default, "needed" where it has none."""
    template: Mapping[str, Mapping[str, Any]] = await installation.ask(
        controllers.read_controller_template,
        controller_type=controller_type,  # type: ignore[arg-type]  # the definition lists them
        controller_name=controller_name,
    )
    rows = [
        {"field": name, "type": type_in_words(field["type"]), "default": default_value(field["type"], field["default"])}
        for name, field in template.items()
        if name != SETS_ITSELF
    ]
    return Answer(rows, (UNITS,), ("field", "type", "default"))
