"""The bots that the API hears, and whether it would hear one."""

from typing import Any

from hbmcp.installation.answer_fields import boolean, mapping, record, under
from hbmcp.installation.installation import Installation
from hbmcp_tools import bots


async def heard_bots(installation: Installation) -> dict[str, dict[str, Any]]:
    """Bot -> what it tells of itself. The workflow uses list_bots. Raises CallError."""
    return await installation.read(under("data", mapping(record)), bots.list_bots)


async def broker_connected(installation: Installation) -> bool:
    """Whether the message broker is there that bots speak through. The workflow uses get_broker_status. Raises
    CallError."""
    return await installation.read(under("data", under("mqtt_connected", boolean)), bots.get_broker_status)
