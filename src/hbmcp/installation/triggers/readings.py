"""The values that conditions are about, as they are now."""

from collections.abc import Collection, Mapping
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.installation.installation import Installation
from hbmcp.installation.triggers.condition import Condition

USES = frozenset(
    {
        "get_prices",
        "get_orderbook",
        "get_funding_info",
        "list_accounts",
        "get_connected_exchanges",
        "list_positions",
        "get_portfolio_state",
        "get_trades",
    }
)


async def readings(
    installation: Installation, conditions: Collection[Condition]
) -> Mapping[Condition, Decimal | CallError]:
    """Each condition's value, or why there is none; what several need is asked once. The caller uses USES."""
    raise NotImplementedError
