"""A controller's source."""

from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.source_code import part
from hbmcp.results.answer import Answer
from hbmcp_tools import controllers


async def get_controller_code(
    installation: Installation, *, controller_type: str, controller_name: str, offset: int = 1, lines: int | None = None
) -> Answer:
    """The lines from `offset` on, as many as are wanted and fit into an answer, marked as text of others."""
    source = await installation.read(
        under("content", text),
        controllers.read_controller_code,
        controller_type=controller_type,  # type: ignore[arg-type]  # the definition lists them
        controller_name=controller_name,
    )
    return part(source, offset, lines)
