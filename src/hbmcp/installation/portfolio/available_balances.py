"""What an account has free on one exchange: neither orders nor positions hold it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.figures import number
from hbmcp.installation.installation import Installation
from hbmcp_tools import portfolio


async def available_balances(
    installation: Installation, account_name: str, connector_name: str
) -> Mapping[str, Decimal]:
    """Token -> units; a token that isn't there has none. The caller uses get_portfolio_state. Raises CallError."""
    state = await installation.ask(portfolio.get_portfolio_state, account_name=account_name)
    rows: list[Mapping[str, Any]] = state.get(account_name, {}).get(connector_name, [])
    found: dict[str, Decimal] = {}
    for row in rows:
        found[row["token"]] = found.get(row["token"], Decimal(0)) + (number(row["available_units"]) or Decimal(0))
    return found
