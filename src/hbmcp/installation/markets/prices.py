"""Current prices of several pairs."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.errors import ApiFailed, CallError, Refused
from hbmcp.installation.answer_fields import Fields, number, under
from hbmcp.installation.installation import Installation, all_of
from hbmcp.text import named
from hbmcp_tools import market_data

FEW = 4  # pairs that are quicker asked for one by one


async def prices(
    installation: Installation, connector_name: str, pairs: Sequence[str]
) -> dict[str, Decimal | CallError]:
    """Pair -> its price, or why there is none. The workflow uses get_prices. Raises nothing.

    One pair that the exchange doesn't have fails a request for several: it is found by halving.
    """
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return {}
    try:
        return await _ask(installation, connector_name, wanted)
    except (ApiFailed, Refused) as error:
        if len(wanted) == 1:
            return {wanted[0]: error}
    except CallError as error:
        return dict.fromkeys(wanted, error)
    size = 1 if len(wanted) <= FEW else len(wanted) // 2 + 1
    parts = (prices(installation, connector_name, wanted[at : at + size]) for at in range(0, len(wanted), size))
    found: dict[str, Decimal | CallError] = {}
    for part in await all_of(*parts):
        found |= part
    return found


async def _ask(installation: Installation, connector_name: str, pairs: list[str]) -> dict[str, Decimal | CallError]:
    told = await installation.read(
        under("prices", Fields), market_data.get_prices, connector_name=connector_name, trading_pairs=pairs
    )
    found = {pair: told.known(pair, number) for pair in pairs}
    return {pair: _missing(connector_name, pair) if price is None else price for pair, price in found.items()}


def _missing(connector_name: str, pair: str) -> CallError:
    return ApiFailed(f"The Hummingbot API has no price of {named(pair)} on {named(connector_name)}.")
