"""What an exchange's empty list of positions is worth.

The API answers an empty list when the exchange itself fails. Two witnesses are heard: the exchange's prices, which
can't be read either while it is down, and the recorded fills, which leave open what they opened and didn't close.
"""

from collections.abc import Awaitable
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.fills.fills import Fills, fills
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.prices import prices
from hbmcp.text import named

_ANY_PAIR = "BTC-USDT"  # most exchanges have it; where this one doesn't, a fill may name another
_UNKNOWN_NAME = "it doesn't know"  # how the bridge words that the exchange is there, and the pair isn't


async def sign_of_life(installation: Installation, connector_name: str, pair: str = _ANY_PAIR) -> Decimal | CallError:
    """A price, to be asked beside the positions. Uses get_prices. Raises no CallError."""
    return (await prices(installation, connector_name, [pair]))[pair]


async def doubt_empty_list(
    installation: Installation,
    account_name: str,
    connector_name: str,
    sign: Decimal | CallError,
    trading_pair: str | None = None,
) -> str | None:
    """Why the empty list of this exchange, which gave this sign of life, isn't to be believed, in respect of this pair
    or all; None where nothing speaks against it. Uses get_trades and get_prices. Raises no CallError."""
    recorded = fills(installation, account_name=account_name, connector_name=connector_name)
    return await doubt_by_fills(installation, connector_name, recorded, sign, trading_pair)


async def doubt_by_fills(
    installation: Installation,
    connector_name: str,
    asked: Awaitable[Fills],
    sign: Decimal | CallError,
    trading_pair: str | None,
) -> str | None:
    """As `doubt_empty_list`, with the fills there, which may have been asked for already."""
    try:
        recorded = await asked
    except CallError as error:
        return f"it lists none, which the fills would have to confirm. {error.happened}"
    told, pair = sign, recorded.rows[-1].pair if recorded.rows else _ANY_PAIR
    if isinstance(told, CallError) and pair != _ANY_PAIR:
        told = await sign_of_life(installation, connector_name, pair)
    if isinstance(told, CallError) and _UNKNOWN_NAME not in str(told):
        return f"it lists none, and tells no price either. {told.happened}"
    still_open = [
        f"{'LONG' if amount > 0 else 'SHORT'} {plain(abs(amount)):f} {named(name)}"
        for name, amount in left_open_by_fills(recorded).items()
        if trading_pair in (None, name)
    ]
    if not still_open:
        return None
    return (
        f"it lists none, but the recorded fills leave {', '.join(still_open)} open. Either it didn't answer, or that "
        "was closed outside this API or liquidated."
    )


def left_open_by_fills(recorded: Fills) -> dict[str, Decimal]:
    """Pair -> what was bought less what was sold, where that isn't nothing. Empty where fills may be missing."""
    net: dict[str, Decimal] = {}
    if recorded.complete:
        for fill in recorded.rows:
            net[fill.pair] = net.get(fill.pair, Decimal(0)) + (fill.amount if fill.side == "BUY" else -fill.amount)
    return {pair: amount for pair, amount in net.items() if amount}
