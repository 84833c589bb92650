"""Hold a configuration to its controller, without saving it."""

from typing import Any

from hbmcp.installation.controllers.validation import validate
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer

ANY_ID = "validated"  # saving gives it config_name


async def validate_controller_config(
    installation: Installation, *, controller_type: str, controller_name: str, config: dict[str, Any]
) -> Answer:
    """That it is taken, who checked what of it, and what nobody did. What only names the controller may be left out.

    Raises Refused for a configuration that doesn't fit.
    """
    named = {"id": ANY_ID, "controller_type": controller_type, "controller_name": controller_name}
    validated = await validate(installation, controller_type, controller_name, named | config)
    return Answer("The controller takes it. Nothing was saved.", (validated.note,))
