"""The executors that run."""

from hbmcp.installation.answer_fields import data
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp_tools import executors

MOST = 1000  # that the API lists at once


async def running(installation: Installation) -> list[Executor]:
    """The workflow uses search_executors. Raises CallError."""
    return await installation.read(data(Executor.from_row), executors.search_executors, status="RUNNING", limit=MOST)
