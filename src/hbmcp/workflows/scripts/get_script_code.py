"""A script's source."""

from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.source_code import part
from hbmcp.results.answer import Answer
from hbmcp_tools import scripts


async def get_script_code(
    installation: Installation, *, script_name: str, offset: int = 1, lines: int | None = None
) -> Answer:
    """The lines from `offset` on, as many as are wanted and fit into an answer, marked as text of others."""
    source = await installation.read(
        under("content", text),
        scripts.read_script_code,
        script_name=script_name,
    )
    return part(source, offset, lines)
