"""One executor: how it stands, or how it ended."""

from hbmcp.workflows import Answer, Installation
from hbmcp.workflows.executors.record import Executor
from hbmcp.workflows.executors.view import view
from hbmcp_tools import executors


async def get_executor(installation: Installation, *, executor_id: str) -> Answer:
    """State, P&L, what it has traded, where it closes, open orders. Raises Refused for an unknown executor."""
    row = await installation.ask(executors.get_executor_record, executor_id=executor_id)
    return await view(installation, Executor.from_row(row))
