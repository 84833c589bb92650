"""One executor: how it stands, or how it ended."""

from hbmcp.installation.executors.run.polling import look
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer


async def get_executor(installation: Installation, *, executor_id: str) -> Answer:
    """State, P&L, what it has traded, where it closes, open orders. Raises Refused for an unknown executor."""
    return await view(installation, await look(installation, executor_id))
