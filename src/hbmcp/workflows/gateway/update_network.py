"""Changing a network's settings, and telling which were taken."""

from typing import Any

from hbmcp.installation.gateway.settings import change, change_plan, refuse_nothing
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import gateway


async def update_network(_: Installation, *, network_id: str, updates: dict[str, Any]) -> Plan:
    """The names of what was changed, and why the others weren't."""
    refuse_nothing("update_network", updates)
    request = PlannedRequest.of(
        "configures",
        change(updates, f"network {named(network_id)}"),
        Stake(),
        gateway.write_network,
        network_id=network_id,
        updates=updates,
    )
    return change_plan(updates, request)
