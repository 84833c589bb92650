"""Which version Gateway is, as its log says where it started, and what that one lacks."""

import asyncio
import re

from hbmcp.errors import CallError
from hbmcp.errors.gateway_answers import VERSION, no_such_operation
from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.gateway.log import PATIENCE
from hbmcp.installation.installation import Installation
from hbmcp_tools import gateway

LINES = 2000  # a start stands far back in a log
_STARTED = re.compile(r"\bGateway version (\d+\.\d+)\b")


async def refuse_what_it_lacks(installation: Installation, tool: str) -> None:
    """Raises GatewayFailed where the log names the version that has no operation for this tool: it would refuse
    whatever else is right. The caller uses get_gateway_logs."""
    try:
        async with asyncio.timeout(PATIENCE):
            log = await installation.read(under("logs", text), gateway.get_gateway_logs, lines=LINES)
    except (CallError, TimeoutError):
        return
    started = _STARTED.findall(log)
    if started and VERSION.endswith(f" {started[-1]}"):
        raise no_such_operation(tool, "as its log says")
