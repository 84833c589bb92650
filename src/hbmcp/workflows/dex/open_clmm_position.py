"""Open a liquidity position, after a look at its pool."""

from decimal import Decimal
from typing import Any

from hbmcp.installation.dex.deposit import Range, deposit, refuse_no_tokens
from hbmcp.installation.dex.liquidity import liquidity_plan
from hbmcp.installation.dex.pool import read_pool
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest
from hbmcp.text import named
from hbmcp_tools import dex

SUBMITTED = (
    "Submitted, not yet confirmed: list_clmm_events of the position_address tells. Don't send it again before that."
)


async def open_clmm_position(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    pool_address: str,
    lower_price: Decimal,
    upper_price: Decimal,
    base_token_amount: Decimal | None = None,
    quote_token_amount: Decimal | None = None,
    slippage_pct: Decimal = Decimal(1),
    wallet_address: str | None = None,
    extra_params: dict[str, Any] | None = None,
) -> Plan:
    """Its transaction and address. The plan shows the most that goes in, and what that is worth at the pool's price.
    Raises OutcomeUnknown, which says where to look."""
    refuse_no_tokens("open_clmm_position", base_token_amount, quote_token_amount)
    pool = await read_pool(installation, connector, network_id, pool_address)
    within = Range(lower_price, upper_price)
    most = deposit(pool, within, base_token_amount, quote_token_amount, slippage_pct)
    request = PlannedRequest.of(
        "moves",
        f"open a position of at most {most} from {lower_price:f} to {upper_price:f} in pool {named(pool_address)} on "
        f"{named(connector)}",
        most.stake(connector, within),
        dex.submit_clmm_position,
        connector=connector,
        network_id=network_id,
        pool_address=pool_address,
        lower_price=lower_price,
        upper_price=upper_price,
        base_token_amount=base_token_amount,
        quote_token_amount=quote_token_amount,
        slippage_pct=slippage_pct,
        wallet_address=wallet_address,
        extra_params=extra_params,
    )
    return liquidity_plan(request, most, SUBMITTED)
