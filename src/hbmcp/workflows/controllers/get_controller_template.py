"""The fields of a controller's configuration."""

from typing import Any

from hbmcp import text
from hbmcp.errors import CallError
from hbmcp.installation.controllers.config_class import config_class
from hbmcp.installation.controllers.field_types import default_value, type_in_words
from hbmcp.installation.installation import Installation, together
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers

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
    named = {"controller_type": kind, "controller_name": controller_name}
    template, code = await together(
        [
            installation.ask(controllers.read_controller_template, **named),
            installation.ask(controllers.read_controller_code, **named),
        ]
    )
    if isinstance(template, CallError):
        raise template
    declared = frozenset[str]() if isinstance(code, CallError) else config_class("", code.get("content")).declared
    own = ", ".join(map(text.named, sorted(declared - template.keys())))
    rows = [
        {"field": name, "type": type_in_words(field["type"]), "default": default_value(field["type"], field["default"])}
        for name, field in template.items()
        if name != SETS_ITSELF
    ]
    return Answer(rows, (UNITS, OWN.format(fields=own) if own else ""), ("field", "type", "default"))
