"""The fields of a controller's configuration."""

from collections.abc import Awaitable
from typing import Any

from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import Fields, anything, mapping, text, under
from hbmcp.installation.controllers.config_class import config_class
from hbmcp.installation.controllers.field_types import default_value, type_in_words
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import controllers
from hummingbot_api.request import Json

UNITS = (
    "Spreads, stop_loss, take_profit are fractions (0.01 = 1%), times seconds. Defaults can be risky (leverage 20): "
    "set leverage and position_mode yourself."
)
OWN = (
    "The API shows the fields of a class that isn't the controller's own: that has {fields} too, which "
    "get_controller_code explains. They can be given, and nobody checks them."
)
SETS_ITSELF = "id"  # save_controller_config gives it config_name


async def get_controller_template(installation: Installation, *, controller_type: str, controller_name: str) -> Answer:
    """A row a field: its type in words, its default, "needed" where it has none."""
    kind: Any = controller_type  # the definition lists them
    named_so = {"controller_type": kind, "controller_name": controller_name}
    questions: list[Awaitable[Any]] = [
        installation.read(mapping(_field), controllers.read_controller_template, **named_so),
        installation.read(under("content", text), controllers.read_controller_code, **named_so),
    ]
    template, code = await together(questions)
    if isinstance(template, CallError):
        raise template
    declared = frozenset[str]() if isinstance(code, CallError) else config_class("", code).declared
    own = ", ".join(map(named, sorted(declared - template.keys())))
    rows = [{"field": name, **field} for name, field in template.items() if name != SETS_ITSELF]
    return Answer(rows, (UNITS, OWN.format(fields=own) if own else ""), ("field", "type", "default"))


def _field(told: Json) -> dict[str, Any]:
    fields = Fields(told)
    written = fields.needed("type", text)
    return {"type": type_in_words(written), "default": default_value(written, fields.needed("default", anything))}
