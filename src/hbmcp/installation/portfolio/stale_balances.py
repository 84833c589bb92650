"""Whether the API's figures of an exchange are of today.

The API gives old balances without a word where an exchange doesn't answer, and old prices where the rate oracle's
source doesn't. What tells is the exchange's own price, and its order book beside it, as a price can be old too.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import ratio
from hbmcp.installation.answer_fields import Fields, number, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.portfolio.holdings import CURRENCY, Holding, is_dollar
from hbmcp_tools import market_data

DRIFT = Decimal("0.01")  # between an exchange's price and the one that values the portfolio; less is the market's noise
_TRIES = 3
_QUOTES = (CURRENCY, "USDC", "USD")


@frozen
class FreshnessCheck:
    """What an exchange said when it was asked a price. `silence` is why it said nothing; `holding` one of its tokens,
    `price` what it costs there, and `mid` the middle of its book, where these were asked."""

    connector: str
    silence: CallError | None = None
    holding: Holding | None = None
    price: Decimal | None = None
    mid: Decimal | None = None

    @property
    def drifted(self) -> tuple[str, Decimal, Decimal] | None:
        """The token, its price in the portfolio and the price or mid on the exchange that is too far from it."""
        if self.holding is None or self.holding.price is None:
            return None
        for there in filter(None, (self.price, self.mid)):
            if abs(ratio(self.holding.price, there) - 1) > DRIFT:
                return self.holding.token, self.holding.price, there
        return None


async def check_freshness(installation: Installation, connector: str, holdings: Sequence[Holding]) -> FreshnessCheck:
    """Ask an exchange price and book of the most valuable token there. The workflow uses get_prices and get_orderbook.
    Raises nothing.

    An exchange that knows none of the pairs is not held to be silent: it may have other pairs.
    """
    for pair, holding in _pairs(holdings):
        try:
            told = await installation.read(
                under("prices", Fields), market_data.get_prices, connector_name=connector, trading_pairs=[pair]
            )
        except CallError as error:
            if f"it doesn't know '{pair}'" in str(error):
                continue
            return FreshnessCheck(connector, silence=error)
        mid = None if holding is None else await _mid(installation, connector, pair)
        return FreshnessCheck(connector, holding=holding, price=told.known(pair, number), mid=mid)
    return FreshnessCheck(connector)


async def _mid(installation: Installation, connector: str, pair: str) -> Decimal | None:
    try:
        return (await book(installation, connector, pair, depth=1)).mid
    except CallError:
        return None


def _pairs(holdings: Iterable[Holding]) -> Iterator[tuple[str, Holding | None]]:
    """Pairs that the exchange may have, the likeliest first, and the holding that each is the price of."""
    ours = [one for one in holdings if one.value and not is_dollar(one.token)]
    dearest = max(ours, key=lambda one: one.value or 0, default=None)
    pairs = [(f"{dearest.token}-{quote}", dearest) for quote in _QUOTES[: _TRIES - 1]] if dearest else []
    asked = {pair for pair, _ in pairs}
    others = [(f"BTC-{quote}", None) for quote in _QUOTES]
    yield from [*pairs, *(one for one in others if one[0] not in asked)][:_TRIES]
