"""Whether the API's figures of an exchange are of today.

The API gives old balances without a word where an exchange doesn't answer, and old prices where the rate oracle's
source doesn't. What tells is the exchange's own price, which the API passes on fresh or not at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import ratio
from hbmcp.installation.answer_fields import Fields, number, under
from hbmcp.installation.installation import Installation
from hbmcp.installation.portfolio.holdings import CURRENCY, Holding, is_dollar
from hbmcp_tools import market_data

DRIFT = Decimal("0.01")  # between an exchange's price and the one that values the portfolio; less is the market's noise
_TRIES = 3
_QUOTES = (CURRENCY, "USDC", "USD")


@frozen
class FreshnessCheck:
    """What an exchange said when it was asked a price. `silence` is why it said nothing; `holding` and `price` one of
    its tokens and what it costs there, where that was asked."""

    connector: str
    silence: CallError | None = None
    holding: Holding | None = None
    price: Decimal | None = None

    @property
    def drifted(self) -> tuple[str, Decimal, Decimal] | None:
        """The token, its price in the portfolio and its price on the exchange, where they are too far apart."""
        if self.holding is None or self.holding.price is None or not self.price:
            return None
        if abs(ratio(self.holding.price, self.price) - 1) <= DRIFT:
            return None
        return self.holding.token, self.holding.price, self.price


async def check_freshness(installation: Installation, connector: str, holdings: Sequence[Holding]) -> FreshnessCheck:
    """Ask an exchange the price of the most valuable token there. The workflow uses get_prices. Raises nothing.

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
        return FreshnessCheck(connector, holding=holding, price=told.known(pair, number))
    return FreshnessCheck(connector)


def _pairs(holdings: Iterable[Holding]) -> Iterator[tuple[str, Holding | None]]:
    """Pairs that the exchange may have, the likeliest first, and the holding that each is the price of."""
    ours = [one for one in holdings if one.value and not is_dollar(one.token)]
    dearest = max(ours, key=lambda one: one.value or 0, default=None)
    pairs = [(f"{dearest.token}-{quote}", dearest) for quote in _QUOTES[: _TRIES - 1]] if dearest else []
    asked = {pair for pair, _ in pairs}
    others = [(f"BTC-{quote}", None) for quote in _QUOTES]
    yield from [*pairs, *(one for one in others if one[0] not in asked)][:_TRIES]
