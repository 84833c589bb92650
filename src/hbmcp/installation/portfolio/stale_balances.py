"""Whether the API's figures of an exchange are of today.

The API gives old balances without a word where an exchange doesn't answer, and old prices where the rate oracle's
source doesn't. What tells is the exchange's own price, and its order book beside it, as a price can be old too.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import evolve, frozen

from hbmcp.errors import CallError
from hbmcp.figures import ratio
from hbmcp.installation.answer_fields import Fields, number, under
from hbmcp.installation.installation import Installation, meanwhile
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.portfolio.holdings import CURRENCY, Holding, is_dollar
from hbmcp.pairs import base_of
from hbmcp.text import quoted
from hbmcp_tools import market_data

DRIFT = Decimal("0.01")  # between an exchange's price and the one that values the portfolio; less is the market's noise
_TRIES = 3
_QUOTES = (CURRENCY, "USDC", "USD")


@frozen
class FreshnessCheck:
    """What an exchange said when it was asked a price. `silence` is why it said nothing; `holding` is of the most
    valuable token there, `price` what that costs there, and `mid` the middle of its book, where these were told."""

    connector: str
    holding: Holding | None
    silence: CallError | None = None
    price: Decimal | None = None
    mid: Decimal | None = None

    def still_of(self, holdings: Sequence[Holding]) -> "FreshnessCheck | None":
        """The same of newer figures; None where another token is now worth most."""
        now = _dearest(holdings)
        if self.silence is None and (now and now.token) != (self.holding and self.holding.token):
            return None
        return evolve(self, holding=now)

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
    dearest = _dearest(holdings)
    for pair in _pairs(dearest):
        of_it = dearest is not None and base_of(pair) == dearest.token
        async with meanwhile(_mid(installation, connector, pair if of_it else None)) as mid:
            try:
                told = await installation.read(
                    under("prices", Fields), market_data.get_prices, connector_name=connector, trading_pairs=[pair]
                )
            except CallError as error:
                if f"it doesn't know '{quoted(pair)[1:-1]}'" in str(error):
                    continue
                return FreshnessCheck(connector, dearest, silence=error)
            price = told.known(pair, number) if of_it else None
            return FreshnessCheck(connector, dearest, price=price, mid=await mid)
    return FreshnessCheck(connector, dearest)


async def _mid(installation: Installation, connector: str, pair: str | None) -> Decimal | None:
    if pair is None:
        return None
    try:
        return (await book(installation, connector, pair, depth=1)).mid
    except CallError:
        return None


def _dearest(holdings: Iterable[Holding]) -> Holding | None:
    """The most valuable one whose price isn't taken for granted."""
    ours = [one for one in holdings if one.value and not is_dollar(one.token)]
    return max(ours, key=lambda one: one.value or 0, default=None)


def _pairs(dearest: Holding | None) -> list[str]:
    """Pairs that the exchange may have, the likeliest first."""
    pairs = [f"{dearest.token}-{quote}" for quote in _QUOTES[: _TRIES - 1]] if dearest else []
    return list(dict.fromkeys([*pairs, *(f"BTC-{quote}" for quote in _QUOTES)]))[:_TRIES]
