"""Whether the API's figures of an exchange are of today.

The API gives old balances without a word where an exchange doesn't answer, and old prices where the rate oracle's
source doesn't. What tells is the exchange's own price, which the API passes on fresh or not at all.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from attrs import evolve, frozen

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
    """What an exchange said when it was asked a price. `silence` is why it said nothing; `holding` is of the most
    valuable token there, and `price` what that costs there, where it was told."""

    connector: str
    holding: Holding | None
    silence: CallError | None = None
    price: Decimal | None = None

    def still_of(self, holdings: Sequence[Holding]) -> "FreshnessCheck | None":
        """The same of newer figures; None where another token is now worth most."""
        now = _dearest(holdings)
        if self.silence is None and (now and now.token) != (self.holding and self.holding.token):
            return None
        return evolve(self, holding=now)

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
    dearest = _dearest(holdings)
    for pair in _pairs(dearest):
        try:
            told = await installation.read(
                under("prices", Fields), market_data.get_prices, connector_name=connector, trading_pairs=[pair]
            )
        except CallError as error:
            if f"it doesn't know '{pair}'" in str(error):
                continue
            return FreshnessCheck(connector, dearest, silence=error)
        of_it = dearest is not None and pair.partition("-")[0] == dearest.token
        return FreshnessCheck(connector, dearest, price=told.known(pair, number) if of_it else None)
    return FreshnessCheck(connector, dearest)


def _dearest(holdings: Iterable[Holding]) -> Holding | None:
    """The most valuable one whose price isn't taken for granted."""
    ours = [one for one in holdings if one.value and not is_dollar(one.token)]
    return max(ours, key=lambda one: one.value or 0, default=None)


def _pairs(dearest: Holding | None) -> list[str]:
    """Pairs that the exchange may have, the likeliest first."""
    pairs = [f"{dearest.token}-{quote}" for quote in _QUOTES[: _TRIES - 1]] if dearest else []
    return list(dict.fromkeys([*pairs, *(f"BTC-{quote}" for quote in _QUOTES)]))[:_TRIES]
