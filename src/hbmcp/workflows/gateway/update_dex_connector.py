"""Changing a connector's settings, and telling which were taken."""

from typing import Any

from hbmcp.installation.gateway.settings import changed, refuse_nothing
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import gateway


async def update_dex_connector(installation: Installation, *, connector_name: str, updates: dict[str, Any]) -> Answer:
    """The names of what was changed, and why the others weren't."""
    refuse_nothing("update_dex_connector", updates)
    sent = installation.ask(gateway.write_dex_connector, connector_name=connector_name, updates=updates)
    return await changed(updates, sent)
