"""A token on a chain: what it is worth, or what its makers say of it."""

from typing import Any

from hbmcp.installation.answer_fields import under
from hbmcp.installation.installation import Installation
from hbmcp.installation.json_api import resource
from hbmcp.results.answer import Answer, without_nulls
from hbmcp_tools import geckoterminal

WORTH = (
    "name", "symbol", "price_usd", "volume_usd", "total_reserve_in_usd", "market_cap_usd", "fdv_usd", "total_supply",
    "decimals", "coingecko_coin_id", "address",
)  # fmt: skip
TOLD = (
    "name", "symbol", "gt_score", "categories", "websites", "twitter_handle", "telegram_handle", "discord_url",
    "description", "coingecko_coin_id", "metadata_updated_at", "address",
)  # fmt: skip


async def get_onchain_token(
    installation: Installation, *, network: str, token_address: str, info: bool = False
) -> Answer:
    """`total_reserve_in_usd` is its liquidity in all pools. What makers say is anybody's text."""
    build = geckoterminal.read_onchain_token_info if info else geckoterminal.read_onchain_token
    token = await installation.read(under("data", resource), build, network=network, token_address=token_address)
    shown: dict[str, Any] = {name: token.attributes.get(name) for name in (TOLD if info else WORTH)}
    return Answer(without_nulls(shown), outside=info)
