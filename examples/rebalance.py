"""A plugin: what an exchange's balances come to, and an order that brings one token back to its share.

hbmcp serve --paper --plugin examples/rebalance.py
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from hbmcp.plugins import Installation, Plan, Refused, in_turn, mcp
from hbmcp_tools import portfolio

Percent = Annotated[Decimal, Field(ge=0, le=100)]


async def worth(installation: Installation, account_name: str, connector_name: str) -> dict[str, Decimal]:
    """Token -> what is held of it on the exchange, in USDT."""
    accounts = await installation.ask(portfolio.get_portfolio_state, account_name=account_name)
    rows: list[dict[str, Any]] = accounts.get(account_name, {}).get(connector_name, [])
    held = {row["token"]: Decimal(row["value"]) for row in rows if row["value"]}
    if not held:
        raise Refused(f"Nothing is held on {connector_name}, account {account_name}.", "Nothing was sent.")
    return held


@mcp.tool(reads=True)
async def get_allocation(
    installation: Installation, connector_name: str, account_name: str = "master_account"
) -> dict[str, Any]:
    """Each token's share of what is held on one exchange, in percent."""
    held = await worth(installation, account_name, connector_name)
    total = sum(held.values())
    rows = [{"token": token, "percent": round(100 * value / total, 2)} for token, value in held.items()]
    return {"total_usdt": round(total, 2), "tokens": rows}


@mcp.tool(effect="opens")
async def rebalance(
    installation: Installation,
    connector_name: str,
    trading_pair: Annotated[str, Field(description="Its base is bought or sold for its quote")],
    target_percent: Annotated[Percent, Field(description="Share of the base, of both together")],
    account_name: str = "master_account",
) -> Plan:
    """Buy or sell a pair's base at market until it is that share of base and quote together.

    Only what the first paragraph says is shown to a model.
    """
    held = await worth(installation, account_name, connector_name)
    base, _, quote = trading_pair.partition("-")
    has, both = held.get(base, Decimal(0)), held.get(base, Decimal(0)) + held.get(quote, Decimal(0))
    missing = both * target_percent / 100 - has
    order = {
        "account_name": account_name,
        "connector_name": connector_name,
        "trading_pair": trading_pair,
        "side": "BUY" if missing > 0 else "SELL",
        "quote_amount": round(abs(missing), 2),
        "order_type": "MARKET",
    }
    # Checked, shown, held to the limits and audited as a call of place_order is; it is sent once that is granted.
    return in_turn(await installation.foresee("place_order", order))
