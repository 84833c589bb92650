"""What funding brings the open positions, or costs them, in money a day."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.figures import cents, times, worth
from hbmcp.installation.funding.annual_rates import daily
from hbmcp.installation.funding.rates import FundingRate
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.installation.positions.position import Position
from hbmcp.text import named


@frozen
class OwnFunding:
    """Rows of positions whose rate and mark price are known, `a_day` in their quote currency: above 0 it is got, below
    it is paid."""

    rows: tuple[Mapping[str, Any], ...]
    a_day: Mapping[str, Decimal]

    @property
    def note(self) -> str:
        """What it comes to, by quote currency; "" without positions."""
        if not self.rows:
            return ""
        total = " and ".join(f"{_signed(gain)} {named(quote)}" for quote, gain in self.a_day.items())
        return f"Funding of these positions at the rates of now: {total} a day together (+ you get, - you pay)."


def own_funding(positions: Iterable[Position], rates: Mapping[Market, FundingRate]) -> OwnFunding:
    """Notional x the rate of a day: at a rate above 0 a long pays and a short gets."""
    rows: list[Mapping[str, Any]] = []
    totals: dict[str, Decimal] = {}
    for one in positions:
        rate = rates.get(Market(one.connector, one.pair))
        if rate is None or one.notional is None:
            continue
        gain = times(one.notional, daily(rate.rate, rate.interval.hours)) * -one.direction
        totals[one.quote] = totals.get(one.quote, Decimal(0)) + gain
        rows.append(
            {
                "account_name": one.account,
                "connector_name": one.connector,
                "trading_pair": one.pair,
                "side": one.side,
                "notional": worth(one.notional, one.quote),
                "funding_a_day": _signed(gain),
            }
        )
    return OwnFunding(tuple(rows), totals)


def _signed(value: Decimal) -> str:
    return f"{cents(value):+f}" if value else "0"
