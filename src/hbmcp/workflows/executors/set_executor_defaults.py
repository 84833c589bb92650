"""Defaults of a type of executor, which create_executor and preview_executor apply."""

from typing import Any

from hbmcp.errors import BadArguments, Failed, HbmcpError
from hbmcp.installation.executors.config.config import as_saved
from hbmcp.installation.executors.config.validation import check_part
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer

APPLIED = "create_executor and preview_executor apply them where config says nothing else."


async def set_executor_defaults(
    installation: Installation, *, executor_type: str, config: dict[str, Any] | None = None, clear: bool = False
) -> Answer:
    """The defaults as they are then: those of `config` instead of the old ones, none with `clear`. Raises BadArguments,
    Failed."""
    if clear and config:
        raise BadArguments(
            "set_executor_defaults can't both save and clear.", "Nothing was changed.", "Leave out config or clear."
        )
    values = as_saved(check_part("set_executor_defaults", executor_type, config or {}))
    try:
        if config or clear:
            await installation.store.save_executor_defaults(executor_type, values)
        now = await installation.store.executor_defaults(executor_type)
    except HbmcpError as error:
        raise Failed(f"The defaults can't be reached: {error}", "Whether they were changed isn't certain.") from None
    if not now:
        return Answer(f"No defaults are saved for {executor_type}.")
    return Answer({"executor_type": executor_type, "defaults": now}, (APPLIED,))
