"""One executor: how it stands, or how it ended."""

from hbmcp.installation.executors.run.abandoned import abandoned_note
from hbmcp.installation.executors.run.polling import read_executor
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer


async def get_executor(installation: Installation, *, executor_id: str) -> Answer:
    """State, P&L, what it has traded, where it closes, open orders. Raises Refused for an unknown executor."""
    executor = await read_executor(installation, executor_id)
    notes = await abandoned_note(installation, executor) if executor.abandoned else ()
    return await view(installation, executor, notes)
