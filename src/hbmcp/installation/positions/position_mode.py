"""Whether an account holds one position of a pair, or a long beside a short."""

from hbmcp.installation.answer_fields import text, under
from hbmcp.installation.installation import Installation
from hbmcp_tools import trading


async def position_mode(installation: Installation, account_name: str, connector_name: str) -> str:
    """ONEWAY or HEDGE. The workflow uses get_position_mode. Raises CallError."""
    return await installation.read(
        under("position_mode", text),
        trading.get_position_mode,
        account_name=account_name,
        connector_name=connector_name,
    )
