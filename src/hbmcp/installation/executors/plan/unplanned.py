"""Executors whose orders nobody can tell beforehand, and why one of them can't be started."""

from collections.abc import Mapping
from types import MappingProxyType

from hbmcp.errors import NOTHING_SENT, GatewayFailed, Refused, ServiceDown
from hbmcp.installation.answer_fields import Fields
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.installation import Installation, answer_within
from hbmcp_tools import dex

WHY: Mapping[str, str] = MappingProxyType(
    {
        "lp_executor": "it puts tokens into a pool on a chain and places no orders; the pool's price decides "
        "what becomes of them",
        "arbitrage_executor": "it trades only once its two markets are far enough apart, at the prices of that moment",
        "xemm_executor": "its orders follow the price of another market",
    }
)
ON_A_CHAIN = "it trades on a chain, at the price of a pool"
PATIENCE = 5.0  # seconds for a look at its pool


def unplanned(kind: str) -> str:
    """What is said of it instead."""
    return f"The config is good. What {kind} will trade can't be told beforehand: {WHY.get(kind, ON_A_CHAIN)}."


async def unstartable(installation: Installation, config: Config) -> Refused | None:
    """Why it can't be started: the paper exchange runs none of these, and liquidity needs a pool that Gateway can read.
    The workflow uses get_clmm_pool."""
    if installation.identity.on_paper and config.kind in WHY:
        return Refused(
            f"The paper exchange doesn't run {config.kind}.",
            NOTHING_SENT,
            "Other types trade on one exchange; for this one a person must connect a Hummingbot API.",
        )
    if config.kind != "lp_executor":
        return None
    looking = installation.read(
        Fields,
        dex.get_clmm_pool,
        connector=str(config.get("lp_provider")).partition("/")[0],
        network_id=config.get("connector_name"),
        pool_address=config.get("pool_address"),
    )
    found = await answer_within(looking, PATIENCE)
    if isinstance(found, ServiceDown | GatewayFailed | Refused):
        return Refused(f"Its pool can't be read: {found.happened}", NOTHING_SENT, found.advice)
    return None
