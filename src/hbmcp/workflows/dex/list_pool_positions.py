"""A wallet's liquidity positions in one pool, read from the chain."""

from typing import Any

from hbmcp.installation.answer_fields import array, text, under
from hbmcp.installation.dex.tokens import same_address
from hbmcp.installation.gateway.log import causes
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import dex
from hummingbot_api.request import Json

COLUMNS = (
    "position_address", "in_range", "lower_price", "current_price", "upper_price", "base_token_amount",
    "quote_token_amount", "base_fee_amount", "quote_fee_amount",
)  # fmt: skip
# Not shown: the pair and its tokens, of which the API keeps the last characters of their addresses.
FEES = "base_fee_amount and quote_fee_amount are fees not collected yet."
NO_PROOF = "No position was found, but that isn't certain: the API answers errors of Gateway with an empty list too."


async def list_pool_positions(
    installation: Installation,
    *,
    connector: str,
    network_id: str,
    pool_address: str,
    wallet_address: str | None = None,
) -> Answer:
    """A row each position. The API gives those of all pools, and nothing where Gateway failed."""
    rows = await installation.read(
        array(_owned),
        dex.read_owned_positions,
        connector=connector,
        network_id=network_id,
        pool_address=pool_address,
        wallet_address=wallet_address,
    )
    if not rows:
        return Answer(NO_PROOF, (await causes(installation),))
    here = [shown for pool, shown in rows if same_address(pool, pool_address)]
    others = f"{len(rows) - len(here)} more in other pools." if len(here) < len(rows) else ""
    if not here:
        return Answer("The wallet has no position in this pool.", (others,))
    return Answer(here, (others, FEES), COLUMNS)


def _owned(row: Json) -> tuple[str, dict[str, Any]]:
    """The pool of a position, and what is shown of it."""
    return under("pool_address", text)(row), {name: row.get(name) for name in COLUMNS}
