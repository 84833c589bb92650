"""Unrealized P&L of open positions in the portfolio's currency, and whether balances have it in them already."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import field, frozen

from hbmcp.figures import times
from hbmcp.installation.answer_fields import Fields, number, under
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.portfolio.holdings import CURRENCY, Holding, Place, is_dollar
from hbmcp.installation.positions.position import Position
from hbmcp_tools import rate_oracle

# Connectors whose balance is the exchange's equity, by what each takes for it.
_EQUITY = frozenset(
    f"{name}_perpetual"
    for name in ("backpack", "bitget", "bitmart", "bybit", "decibel", "hyperliquid", "okx", "pacifica")
) | {"dydx_v4_perpetual"}


@frozen
class UnrealizedPnl:
    """`by_place`: the P&L of each exchange account in USDT. `within`: those whose balance has it in it already.

    `uncounted`: positions without a P&L or without a rate for its currency.
    """

    by_place: Mapping[Place, Decimal] = field(factory=dict)
    within: frozenset[Place] = frozenset()
    uncounted: tuple[Position, ...] = ()

    def of(self, places: Iterable[Place]) -> Decimal:
        """The P&L of these exchange accounts."""
        return sum((self.by_place.get(place, Decimal(0)) for place in places), Decimal(0))

    def on_top(self, places: Iterable[Place]) -> Decimal:
        """What their equity has beyond their balance."""
        return self.of(place for place in places if place not in self.within)


async def unrealized_pnl(
    installation: Installation, positions: Iterable[Position], holdings: Iterable[Holding]
) -> UnrealizedPnl:
    """The P&L of these positions. The workflow uses get_rates. Raises nothing."""
    found = list(positions)
    rates = {one.token: one.price for one in holdings if one.price is not None}
    unknown = sorted({one.quote for one in found} - rates.keys())
    asked = await together(_rate(installation, quote) for quote in unknown)
    rates |= {quote: rate for quote, rate in zip(unknown, asked, strict=True) if isinstance(rate, Decimal)}
    return sum_unrealized_pnl(found, rates)


def balance_includes_pnl(connector: str) -> bool:
    """Whether the balance that the API tells of an exchange has unrealized P&L in it."""
    return connector in _EQUITY


def sum_unrealized_pnl(positions: Iterable[Position], rates: Mapping[str, Decimal]) -> UnrealizedPnl:
    """The P&L of these positions at USDT rates of their quote tokens."""
    by_place: dict[Place, Decimal] = {}
    uncounted = []
    for one in positions:
        rate = rates.get(one.quote)
        if one.unrealized is None or rate is None:
            uncounted.append(one)
            continue
        place = one.account, one.connector
        by_place[place] = by_place.get(place, Decimal(0)) + times(one.unrealized, rate)
    within = frozenset(place for place in by_place if balance_includes_pnl(place[1]))
    return UnrealizedPnl(by_place, within, tuple(uncounted))


async def _rate(installation: Installation, token: str) -> Decimal | None:
    if is_dollar(token):
        return Decimal(1)
    pair = f"{token}-{CURRENCY}"
    rates = await installation.read(under("rates", Fields), rate_oracle.get_rates, trading_pairs=[pair])
    return rates.known(pair, number)
