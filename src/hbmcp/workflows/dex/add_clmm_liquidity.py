"""Add to a liquidity position, after a look at its pool."""

from decimal import Decimal

from hbmcp.installation.dex.deposit import deposit, refuse_no_tokens
from hbmcp.installation.dex.liquidity import known_position, liquidity_plan
from hbmcp.installation.dex.pool import Pool, read_pool
from hbmcp.installation.gateway.version import refuse_what_it_lacks
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.text import named
from hbmcp_tools import dex

SUBMITTED = "Submitted, not yet confirmed: list_clmm_events tells. Don't send it again before that."


async def add_clmm_liquidity(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    position_address: str,
    base_token_amount: Decimal | None = None,
    quote_token_amount: Decimal | None = None,
    slippage_pct: Decimal = Decimal(1),
    wallet_address: str | None = None,
) -> Plan:
    """Its transaction. The plan shows the most that goes in, and what that is worth at the price of the position's
    pool. Raises OutcomeUnknown, which says where to look, and GatewayFailed where this Gateway can't."""
    refuse_no_tokens("add_clmm_liquidity", base_token_amount, quote_token_amount)
    await refuse_what_it_lacks(installation, "add_clmm_liquidity")
    position = await known_position(installation, network_id, position_address)
    pool = (
        await read_pool(installation, connector, network_id, position.pool)
        if position
        else Pool(doubt="The API knows no position of this address, so nobody tells its pool.")
    )
    within = position.within if position else None
    most = deposit(pool, within, base_token_amount, quote_token_amount, slippage_pct)
    request = PlannedRequest.of(
        "moves",
        f"add at most {most} to position {named(position_address)} on {named(connector)}",
        most.stake(connector),
        dex.submit_clmm_liquidity,
        connector=connector,
        network_id=network_id,
        position_address=position_address,
        base_token_amount=base_token_amount,
        quote_token_amount=quote_token_amount,
        slippage_pct=slippage_pct,
        wallet_address=wallet_address,
    )
    return liquidity_plan(request, most, SUBMITTED)
