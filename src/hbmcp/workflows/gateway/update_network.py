"""Changing a network's settings, and telling which were taken."""

from typing import Any

from hbmcp.installation.gateway.settings import changed, refuse_nothing
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import gateway


async def update_network(installation: Installation, *, network_id: str, updates: dict[str, Any]) -> Answer:
    """The names of what was changed, and why the others weren't."""
    refuse_nothing("update_network", updates)
    return await changed(updates, installation.ask(gateway.write_network, network_id=network_id, updates=updates))
