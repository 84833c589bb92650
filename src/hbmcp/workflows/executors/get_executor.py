"""One executor: how it stands, or how it ended."""

from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import executors


async def get_executor(installation: Installation, *, executor_id: str) -> Answer:
    """State, P&L, what it has traded, where it closes, open orders. Raises Refused for an unknown executor."""
    row = await installation.ask(executors.get_executor_record, executor_id=executor_id)
    return await view(installation, Executor.from_row(row))
