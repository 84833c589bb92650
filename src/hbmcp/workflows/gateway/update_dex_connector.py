"""Changing a connector's settings, and telling which were taken."""

from typing import Any

from hbmcp.installation.gateway.settings import change, change_plan, refuse_nothing
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.text import named
from hbmcp_tools import gateway


async def update_dex_connector(_: Installation, *, connector_name: str, updates: dict[str, Any]) -> Plan:
    """The names of what was changed, and why the others weren't."""
    refuse_nothing("update_dex_connector", updates)
    request = PlannedRequest.of(
        "configures",
        change(updates, f"connector {named(connector_name)}"),
        Stake(),
        gateway.write_dex_connector,
        connector_name=connector_name,
        updates=updates,
    )
    return change_plan(updates, request)
