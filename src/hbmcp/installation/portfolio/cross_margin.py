"""Where a position is liquidated whose margin is all that its account has there, worked out from that.

Which margin a position has nobody tells: an exchange's default is often this one.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import ratio
from hbmcp.installation.balances import balances, units_of
from hbmcp.installation.installation import Installation, answer_within, together
from hbmcp.installation.portfolio.unrealized_pnl import balance_includes_pnl
from hbmcp.installation.positions.position import Position

PATIENCE = 10.0  # seconds for an account's balances

Pot = tuple[str, str, str]  # account, exchange, and the currency of the margin


async def cross_liquidations(
    installation: Installation, positions: Sequence[Position]
) -> tuple[Mapping[Position, Decimal], str]:
    """The price at which a position has lost all that its account has in its quote currency there, P&L of what else is
    open included, if nothing but that price moves; 0 for a long that can't. None of those of which it isn't known, and
    why, or "". The workflow uses get_portfolio_state. Raises nothing."""
    places = list(dict.fromkeys((one.account, one.connector) for one in positions))
    told = await together(answer_within(balances(installation, *place), PATIENCE) for place in places)
    found = dict(zip(places, told, strict=True))
    why = next((answer.happened for answer in told if isinstance(answer, CallError)), "")
    prices: dict[Position, Decimal] = {}
    for one in positions:
        rows = found[one.account, one.connector]
        units = None if isinstance(rows, CallError) else units_of(rows, one.quote)
        equity = None if units is None else _equity(units, _pot(one), positions)
        if equity is not None and one.mark is not None and one.amount:
            prices[one] = max(one.mark - one.direction * ratio(equity, one.amount), Decimal(0))
    return prices, why


def _equity(units: Decimal, pot: Pot, positions: Sequence[Position]) -> Decimal | None:
    """None where the P&L of a position isn't known."""
    if balance_includes_pnl(pot[1]):
        return units
    profits = [one.unrealized for one in positions if _pot(one) == pot]
    return None if None in profits else sum((one for one in profits if one is not None), units)


def _pot(one: Position) -> Pot:
    return one.account, one.connector, one.quote
