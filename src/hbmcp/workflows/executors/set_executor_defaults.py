"""Defaults of a type of executor, which create_executor applies."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import BadArguments, Failed, HbmcpError
from hbmcp.installation.executors.config.config import as_saved
from hbmcp.installation.executors.config.validation import check_part
from hbmcp.installation.fresh_checks import HELD_BACK
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.results.answer import Answer

APPLIED = "create_executor applies them where config says nothing else."
UNCERTAIN = "Whether they were changed isn't certain."


async def set_executor_defaults(
    installation: Installation, *, executor_type: str, config: dict[str, Any] | None = None, clear: bool = False
) -> Plan:
    """The defaults as they are then: those of `config` instead of the old ones, none with `clear`. Kept by hbmcp
    alone. Raises BadArguments, Failed."""
    if clear and config:
        raise BadArguments(
            "set_executor_defaults can't both save and clear.", "Nothing was changed.", "Leave out config or clear."
        )
    values = as_saved(check_part("set_executor_defaults", executor_type, config or {}))
    before = await _saved(installation, executor_type, "Nothing was changed.")
    if not (config or clear):
        return Plan(_told(executor_type, before))

    does = "clear the defaults" if clear else f"save {', '.join(values)} as defaults"
    change = PlannedRequest.kept("set_executor_defaults", "executor defaults", f"{does} of {executor_type}")

    async def commit(installation: Installation) -> Answer:
        try:
            await installation.keep(change, lambda: installation.store.save_executor_defaults(executor_type, values))
        except HELD_BACK:
            raise
        except HbmcpError as error:
            raise _unreached(error, UNCERTAIN) from None
        return _told(executor_type, await _saved(installation, executor_type, UNCERTAIN))

    return Plan(Answer({"would_save": values, "instead_of": before}), (change,), commit)


async def _saved(installation: Installation, executor_type: str, undone: str) -> Mapping[str, Any]:
    """Raises Failed, which says what was `undone`."""
    try:
        return await installation.store.executor_defaults(executor_type)
    except HbmcpError as error:
        raise _unreached(error, undone) from None


def _unreached(error: HbmcpError, undone: str) -> Failed:
    return Failed(f"The defaults can't be reached: {error}", undone)


def _told(executor_type: str, now: Mapping[str, Any]) -> Answer:
    if not now:
        return Answer(f"No defaults are saved for {executor_type}.")
    return Answer({"executor_type": executor_type, "defaults": now}, (APPLIED,))
