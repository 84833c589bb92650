"""The pools that GeckoTerminal ranks: by looks, trades or age on all networks or one, those of a DEX, or of a token."""

from typing import Any, Literal

from hbmcp import times
from hbmcp.errors import BadArguments
from hbmcp.installation.answer_fields import Fields, data, moment, record, text
from hbmcp.installation.installation import Installation
from hbmcp.installation.json_api import Resource, resource
from hbmcp.results.answer import Answer
from hbmcp_tools import geckoterminal

COLUMNS = (
    "name", "network", "dex", "price_usd", "change_1h_percent", "change_24h_percent", "volume_24h_usd",
    "liquidity_usd", "age", "address",
)  # fmt: skip
POOLS = data(resource)
WHOSE_PRICE = "price_usd is that of the token that a name has first."


async def list_onchain_pools(
    installation: Installation,
    *,
    which: Literal["trending", "top", "new"] | None = None,
    network: str | None = None,
    dex: str | None = None,
    token_address: str | None = None,
    page: int | None = None,
) -> Answer:
    """A row each pool, some twenty in a page.

    Raises BadArguments for what GeckoTerminal ranks nowhere, and CallError.
    """
    one_of = [name for name, value in (("dex", dex), ("token_address", token_address)) if value is not None]
    if len(one_of) == 2 or (one_of and (network is None or which not in (None, "top"))):
        raise BadArguments(
            "GeckoTerminal ranks the pools of a dex or of a token_address on one network, and only its top ones.",
            "Nothing was sent.",
            f"Give {one_of[0]} with network, and neither the other nor which.",
        )
    if which == "top" and network is None:
        raise BadArguments("GeckoTerminal has top pools of a network alone.", "Nothing was sent.", "Give network.")
    pools = await _pools(installation, which, network, dex, token_address, page)
    if not pools:
        return Answer("GeckoTerminal has no such pools, or none in this page.")
    return Answer([_row(pool) for pool in pools], (WHOSE_PRICE,), COLUMNS)


async def _pools(
    installation: Installation,
    which: str | None,
    network: str | None,
    dex: str | None,
    token_address: str | None,
    page: int | None,
) -> list[Resource]:
    if network is None:
        if which == "new":
            return await installation.read(POOLS, geckoterminal.list_new_pools_everywhere, page=page)
        return await installation.read(POOLS, geckoterminal.list_trending_pools_everywhere, page=page)
    if token_address is not None:
        of_token = geckoterminal.list_token_pools
        return await installation.read(POOLS, of_token, network=network, token_address=token_address, page=page)
    if dex is not None:
        return await installation.read(POOLS, geckoterminal.list_dex_pools, network=network, dex=dex, page=page)
    ranked = {"new": geckoterminal.list_new_pools, "top": geckoterminal.list_top_pools}
    build = ranked.get(which or "", geckoterminal.list_trending_pools)
    return await installation.read(POOLS, build, network=network, page=page)


def _row(pool: Resource) -> dict[str, Any]:
    told = Fields(pool.attributes)
    address = told.known("address", text) or pool.id.rpartition("_")[2]
    changes = told.known("price_change_percentage", record) or {}
    volumes = told.known("volume_usd", record) or {}
    made = told.known("pool_created_at", moment)
    return {
        "name": told.known("name", text),
        "network": pool.related.get("network") or pool.id.removesuffix(f"_{address}"),
        "dex": pool.related.get("dex"),
        "price_usd": told.known("base_token_price_usd", text),
        "change_1h_percent": changes.get("h1"),
        "change_24h_percent": changes.get("h24"),
        "volume_24h_usd": volumes.get("h24"),
        "liquidity_usd": told.known("reserve_in_usd", text),
        "age": None if made is None else times.duration(times.machine() - made),
        "address": address,
    }
