"""Save a script's source."""

from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.source_code import refuse_marks, saving, saving_plan
from hbmcp.text import named
from hbmcp_tools import scripts

UNCHECKED = "The code isn't checked: get_script_template fails if it can't be loaded."


async def save_script_code(installation: Installation, *, script_name: str, content: str) -> Plan:
    """What the API says. Raises BadArguments for source with marks of hbmcp's own in it: nothing was saved."""
    refuse_marks(content, "get_script_code")
    known = await installation.read(array(text), scripts.list_scripts)
    request = PlannedRequest.of(
        "runs_code",
        saving(f"script {named(script_name)}", content, replaces=script_name in known),
        Stake(type=script_name),
        scripts.write_script_code,
        script_name=script_name,
        content=content,
    )
    return saving_plan(request, UNCHECKED)
