"""The saved defaults of a type of executor."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from hbmcp.errors import HbmcpError
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.config.parsing import as_text
from hbmcp.installation.installation import Installation


@frozen
class SavedDefaults:
    """`values` as they were saved; `unread` says why they couldn't be read, then they are empty."""

    values: Mapping[str, Any]
    unread: str = ""

    def notes(self, config: Config) -> tuple[str, ...]:
        """What of a configuration they gave."""
        given = ", ".join(f"{place} = {as_text(value)}" for place, value in config.applied.items())
        return (f"From saved defaults: {given}." if given else "", self.unread)


async def saved_defaults(installation: Installation, kind: str) -> SavedDefaults:
    """Raises nothing: what can't be read is none, and said."""
    try:
        return SavedDefaults(await installation.store.executor_defaults(kind))
    except HbmcpError as error:
        return SavedDefaults({}, f"Saved defaults couldn't be read, none were applied: {error}")
