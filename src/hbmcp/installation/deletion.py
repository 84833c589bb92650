"""Deleting something once, and seeing that it is gone."""

from collections.abc import Awaitable, Callable

from hbmcp.errors import CallError, Failed, OutcomeUnknown


async def delete(
    what: str, send: Callable[[], Awaitable[object]], is_there: Callable[[], Awaitable[bool]], look: str
) -> None:
    """Send the request, and look whether it is gone; who else deleted it doesn't matter. `look` is the tool that shows.

    Raises what `send` raises where it is still there or can't be looked up, Failed where the API says that it is gone
    and it isn't, OutcomeUnknown where only its word can be had.
    """
    said: CallError | None = None
    try:
        await send()
    except CallError as error:
        said = error
    try:
        there = await is_there()
    except CallError as error:
        raise said or OutcomeUnknown(
            f"The API says that it deleted {what}.",
            f"Whether it is gone couldn't be looked up: {error.happened}",
            f"Look with {look} before you rely on it.",
        ) from None
    if not there:
        return
    if isinstance(said, OutcomeUnknown):
        raise OutcomeUnknown(said.happened, "It is still there, and may yet go.", f"Look with {look} in a minute.")
    raise said or Failed(
        f"The API says that it deleted {what}, but {look} still has it.",
        "Nothing seems to be deleted.",
        "A person should look at the API's log.",
    )
