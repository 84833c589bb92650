"""A liquidity pool: of which pair it is, and the price in it."""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import Fields, number, text
from hbmcp.installation.dex.tokens import UNTOLD, pair_of, symbols
from hbmcp.installation.installation import Installation, all_of
from hbmcp_tools import dex


@frozen
class Pool:
    """`price` in quote per base. None where it isn't known; `doubt` says why."""

    pair: str | None = None
    price: Decimal | None = None
    doubt: str = ""


async def read_pool(installation: Installation, connector: str, network_id: str, address: str) -> Pool:
    """The pool as it is now. The workflow uses get_clmm_pool and list_network_tokens. Raises CallError, but not where
    only this can't be told."""
    told, known = await all_of(_told(installation, connector, network_id, address), symbols(installation, network_id))
    if isinstance(told, CallError):
        return Pool(doubt=f"The pool's price isn't known: {told.happened}")
    base, quote = (_address(told, token) for token in ("base", "quote"))
    price = told.known("price", number)
    return Pool(
        pair_of(base, quote, known) if base and quote else None,
        price if price is not None and price > 0 else None,
        "" if price is not None and price > 0 else "The API tells no price of the pool.",
    )


async def _told(installation: Installation, connector: str, network_id: str, address: str) -> Fields | CallError:
    try:
        return await installation.read(
            Fields, dex.get_clmm_pool, connector=connector, network_id=network_id, pool_address=address
        )
    except UNTOLD as error:
        return error


def _address(told: Fields, token: str) -> str | None:
    """The contract's name for it is one, and the API's at times the other."""
    return told.known(f"{token}TokenAddress", text) or told.known(f"{token}_token_address", text)
