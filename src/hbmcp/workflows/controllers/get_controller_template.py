"""The fields of a controller's configuration."""

from typing import Any

from hbmcp.installation.answer_fields import Fields, anything, mapping, text
from hbmcp.installation.controllers.field_types import default_value, type_in_words
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers
from hummingbot_api.request import Json

UNITS = (
    "Spreads, stop_loss, take_profit are fractions (0.01 = 1%), times seconds. Defaults can be risky (leverage 20): "
    "set leverage and position_mode yourself."
)
SETS_ITSELF = "id"  # save_controller_config gives it config_name


async def get_controller_template(installation: Installation, *, controller_type: str, controller_name: str) -> Answer:
    """A row a field: its type in words, its default, "needed" where it has none."""
    template = await installation.read(
        mapping(_field),
        controllers.read_controller_template,
        controller_type=controller_type,  # type: ignore[arg-type]  # the definition lists them
        controller_name=controller_name,
    )
    rows = [{"field": name, **field} for name, field in template.items() if name != SETS_ITSELF]
    return Answer(rows, (UNITS,), ("field", "type", "default"))


def _field(told: Json) -> dict[str, Any]:
    fields = Fields(told)
    written = fields.needed("type", text)
    return {"type": type_in_words(written), "default": default_value(written, fields.needed("default", anything))}
