"""Save a script's source."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.source_code import refuse_marks, said_of_it
from hbmcp.results.answer import Answer
from hbmcp_tools import scripts

UNCHECKED = "The code was not checked: get_script_template fails if it can't be loaded."


async def save_script_code(installation: Installation, *, script_name: str, content: str) -> Answer:
    """What the API says. Raises BadArguments for source with marks of hbmcp's own in it: nothing was saved."""
    refuse_marks(content, "get_script_code")
    said = await installation.read(
        said_of_it,
        scripts.write_script_code,
        script_name=script_name,
        content=content,
    )
    return Answer(said, (UNCHECKED,))
