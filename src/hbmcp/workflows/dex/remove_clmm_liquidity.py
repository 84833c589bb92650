"""Take a part of a liquidity position out."""

from decimal import Decimal

from hbmcp.figures import plain
from hbmcp.installation.dex.liquidity import LOOK
from hbmcp.installation.dex.sending import on_chain_plan
from hbmcp.installation.gateway.version import refuse_what_it_lacks
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp_tools import dex

SUBMITTED = "Submitted, not yet confirmed: list_clmm_events tells. Don't send it again before that."


async def remove_clmm_liquidity(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    position_address: str,
    percentage: Decimal,
    wallet_address: str | None = None,
) -> Plan:
    """Its transaction. Raises OutcomeUnknown, which says where to look, and GatewayFailed where this Gateway can't."""
    await refuse_what_it_lacks(installation, "remove_clmm_liquidity")
    request = PlannedRequest.of(
        "reduces",
        f"take {plain(percentage):f} % out of position {named(position_address)} on {named(connector)}",
        Stake(exchange=connector),
        dex.submit_clmm_removal,
        connector=connector,
        network_id=network_id,
        position_address=position_address,
        percentage=percentage,
        wallet_address=wallet_address,
    )
    return on_chain_plan(Answer({"would_do": request.words}), request, look=LOOK, submitted=SUBMITTED)
