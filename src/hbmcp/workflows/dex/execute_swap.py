"""Swap tokens on a chain, after a quote."""

from decimal import Decimal

from hbmcp.installation.dex.sending import on_chain_plan
from hbmcp.installation.dex.swap import plan_swap
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.results.answer import Answer

LOOK = "get_portfolio_balances (the wallet's tokens, up to five minutes old) and list_swaps"
SUBMITTED = "Submitted, not yet confirmed: get_swap_status says CONFIRMED or FAILED. Don't send it again before that."


async def execute_swap(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    trading_pair: str,
    side: str,
    amount: Decimal,
    slippage_pct: Decimal = Decimal(1),
    wallet_address: str | None = None,
) -> Plan:
    """Its transaction. The plan shows the quote; without one nothing is sent. Raises OutcomeUnknown, which says where
    to look."""
    swap = await plan_swap(
        installation,
        connector=connector,
        network_id=network_id,
        trading_pair=trading_pair,
        side=side,
        amount=amount,
        slippage_pct=slippage_pct,
        wallet_address=wallet_address,
    )
    would = Answer({"would_swap": swap.request.words, **swap.shown})
    return on_chain_plan(would, swap.request, look=LOOK, submitted=SUBMITTED)
