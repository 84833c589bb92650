"""Save a controller's source."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.source_code import refuse_marks, said_of_it
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers

UNCHECKED = "The code was not checked: get_controller_template fails if it can't be loaded."


async def save_controller_code(
    installation: Installation, *, controller_type: str, controller_name: str, content: str
) -> Answer:
    """What the API says. Raises BadArguments for source with marks of hbmcp's own in it: nothing was saved."""
    refuse_marks(content, "get_controller_code")
    said = await installation.read(
        said_of_it,
        controllers.write_controller_code,
        controller_type=controller_type,  # type: ignore[arg-type]  # the definition lists them
        controller_name=controller_name,
        content=content,
    )
    return Answer(said, (UNCHECKED,))
