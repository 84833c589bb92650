"""Looking at an executor until it is where it was to go."""

from asyncio import sleep
from collections.abc import Callable

from hbmcp.errors import CallError
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp_tools import executors
from hummingbot_api.errors import UnexpectedShape
from hummingbot_api.request import Json

STEP = 0.25  # seconds between two looks


async def read_executor(installation: Installation, executor_id: str) -> Executor:
    """The workflow uses get_executor_record. Raises CallError, also for the record of another one."""

    def own(row: Json) -> Executor:
        found = Executor.from_row(row)
        if found.id != executor_id:
            raise UnexpectedShape("executor_id", "the id that was asked for", found.id)
        return found

    return await installation.read(own, executors.get_executor_record, executor_id=executor_id)


async def wait_until(
    installation: Installation, executor_id: str, there: Callable[[Executor], bool], wait: float
) -> Executor | CallError:
    """As it was when it was there, or after `wait` seconds; why it couldn't be looked at, where the last look failed.

    Looks at least once.
    """
    looks = max(1, round(wait / STEP) + 1)
    for left in reversed(range(looks)):
        seen: Executor | CallError
        try:
            seen = await read_executor(installation, executor_id)
        except CallError as error:
            seen = error
        if left == 0 or (isinstance(seen, Executor) and there(seen)):
            break
        await pause()
    return seen


async def pause() -> None:
    """Between two looks."""
    await sleep(STEP)
