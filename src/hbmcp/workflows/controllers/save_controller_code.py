"""Save a controller's source."""

from hbmcp.installation.answer_fields import array, mapping, text
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.source_code import refuse_marks, saving, saving_plan
from hbmcp.text import named
from hbmcp_tools import controllers

UNCHECKED = "The code isn't checked: get_controller_template fails if it can't be loaded."


async def save_controller_code(
    installation: Installation, *, controller_type: str, controller_name: str, content: str
) -> Plan:
    """What the API says. Raises BadArguments for source with marks of hbmcp's own in it: nothing was saved."""
    refuse_marks(content, "get_controller_code")
    known = await installation.read(mapping(array(text)), controllers.list_controllers)
    replaces = controller_name in known.get(controller_type, [])
    request = PlannedRequest.of(
        "runs_code",
        saving(f"controller {named(controller_name)}", content, replaces=replaces),
        Stake(type=controller_name),
        controllers.write_controller_code,
        controller_type=controller_type,  # type: ignore[arg-type]  # the definition lists them
        controller_name=controller_name,
        content=content,
    )
    return saving_plan(request, UNCHECKED)
