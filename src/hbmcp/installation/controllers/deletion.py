"""Deleting what others may stand on: told first, and done only when that is confirmed."""

from collections.abc import Awaitable, Callable, Sequence

from hbmcp.installation.deletion import delete
from hbmcp.results.answer import Answer


async def deleted(
    what: str,
    standing: Sequence[str],
    unread: Sequence[str],
    confirm: bool,
    send: Callable[[], Awaitable[object]],
    is_there: Callable[[], Awaitable[bool]],
    look: str,
) -> Answer:
    """Delete `what` ("controller config 'x'") if confirmed; otherwise tell what stands on it, a sentence each.

    `look` is the tool that shows whether it is there. Raises what `delete` raises.
    """
    if not confirm:
        told = [*(standing or ["Nothing was found to stand on it."]), *unread]
        return Answer(f"Nothing was deleted yet: call again with confirm=true to delete {what}.", tuple(told))
    await delete(what, send, is_there, look)
    return Answer(f"Deleted, and looked up to be gone: {what}.", tuple(standing))
