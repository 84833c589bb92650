"""What an exchange's empty list of positions is worth.

The API answers an empty list when the exchange itself fails. Two witnesses are heard: the exchange's prices, which
can't be read either while it is down, and the recorded fills, which leave open what they opened and didn't close.
"""

from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import plain
from hbmcp.installation.fills.fills import Fills, fills
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.prices import prices

_ANY_PAIR = "BTC-USDT"  # to ask a price of, where no fill names another
_UNKNOWN_NAME = "it doesn't know"  # how the bridge words that the exchange is there, and the pair isn't


@frozen
class Witnesses:
    """What was heard while positions are asked for. `price` is None where it wasn't asked: with a position open by the
    fills, one will be listed."""

    recorded: Fills | CallError
    price: Decimal | CallError | None = None


async def hear_witnesses(installation: Installation, account_name: str, connector_name: str) -> Witnesses:
    """Beside the question for positions. Uses get_trades and get_prices. Raises no CallError."""
    try:
        recorded = await fills(installation, account_name=account_name, connector_name=connector_name)
    except CallError as error:
        return Witnesses(error)
    if left_open_by_fills(recorded):
        return Witnesses(recorded)
    return Witnesses(recorded, await _price(installation, connector_name, recorded))


async def doubt_empty_list(
    installation: Installation, connector_name: str, witnesses: Witnesses, trading_pair: str | None = None
) -> str | None:
    """Why the empty list of this exchange isn't to be believed, in respect of this pair or all; None where nothing
    speaks against it. Uses get_prices. Raises no CallError."""
    recorded = witnesses.recorded
    if isinstance(recorded, CallError):
        return f"it lists none, which the fills would have to confirm. {recorded.happened}"
    told = witnesses.price
    if told is None:
        told = await _price(installation, connector_name, recorded)
    if isinstance(told, CallError) and _UNKNOWN_NAME not in str(told):
        return f"it lists none, and tells no price either. {told.happened}"
    still_open = [
        f"{'LONG' if amount > 0 else 'SHORT'} {plain(abs(amount)):f} {name}"
        for name, amount in left_open_by_fills(recorded).items()
        if trading_pair in (None, name)
    ]
    if not still_open:
        return None
    return (
        f"it lists none, but the recorded fills leave {', '.join(still_open)} open. Either it didn't answer, or that "
        "was closed outside this API or liquidated."
    )


async def _price(installation: Installation, connector_name: str, recorded: Fills) -> Decimal | CallError:
    pair = recorded.rows[-1].pair if recorded.rows else _ANY_PAIR
    return (await prices(installation, connector_name, [pair]))[pair]


def left_open_by_fills(recorded: Fills) -> dict[str, Decimal]:
    """Pair -> what was bought less what was sold, where that isn't nothing. Empty where fills may be missing."""
    net: dict[str, Decimal] = {}
    if recorded.complete:
        for fill in recorded.rows:
            net[fill.pair] = net.get(fill.pair, Decimal(0)) + (fill.amount if fill.side == "BUY" else -fill.amount)
    return {pair: amount for pair, amount in net.items() if amount}
