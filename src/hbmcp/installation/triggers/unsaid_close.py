"""An order on a perpetual that would close a position now, without being said to: by the time it is sent that may be
closed otherwise, and it opens the other side."""

from collections.abc import Mapping
from typing import Any

from hbmcp.errors import CallError, Refused
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.against import against
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import opposite
from hbmcp.installation.triggers.choices import NOTHING_SET

PATIENCE = 10.0  # seconds for the positions


async def refuse_unsaid_close(installation: Installation, given: Mapping[str, Any], order: PlannedRequest) -> None:
    """Raises Refused where these arguments of place_order leave it open. Uses list_positions and get_position_mode."""
    account, exchange, pair, side = (getattr(order.stake, name) for name in ("account", "exchange", "pair", "side"))
    if given.get("position_action") is not None or not is_perpetual(exchange or "") or not (account and pair and side):
        return
    held = await answer_within(listed_positions(installation, account, exchange), PATIENCE)
    if isinstance(held, CallError) or order.stake.amount is None:
        return
    found = await against(installation, (account, exchange, pair), side, order.stake.amount, held)
    if found is None or found.hedged is True:
        return
    raise Refused(
        f"It closes of the {found.position} as that stands now, and opens a {opposite(found.position.side)} where that "
        "is closed before.",
        NOTHING_SET,
        "To close, say then=close_position, or position_action CLOSE; to turn it round, position_action OPEN.",
    )
