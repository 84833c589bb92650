"""Where a position is liquidated whose margin is all that its account has there, worked out from that.

Which margin a position has nobody tells: an exchange's default is often this one.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from hbmcp.errors import CallError
from hbmcp.figures import ratio
from hbmcp.installation.balances import Balance, balances_at, units_of
from hbmcp.installation.connections import Connections, is_perpetual
from hbmcp.installation.installation import Installation, answer_within, meanwhile
from hbmcp.installation.portfolio.unrealized_pnl import balance_includes_pnl
from hbmcp.installation.positions.position import Position

PATIENCE = 10.0  # seconds for an account's balances

Margins = Mapping[str, Awaitable[Mapping[str, Sequence[Balance]] | CallError]]  # by account and exchange
Pot = tuple[str, str, str]  # account, exchange, and the currency of the margin


@asynccontextmanager
async def margins(installation: Installation, connected: Connections) -> AsyncIterator[Margins]:
    """What each account has at its perpetual exchanges, asked for beside what is asked inside; what isn't awaited there
    is given up. The workflow uses get_portfolio_state. Raises nothing."""
    at: dict[str, list[str]] = {}
    for account, connector in connected.pairs:
        if is_perpetual(connector):
            at.setdefault(account, []).append(connector)
    async with AsyncExitStack() as stack:
        yield {
            account: await stack.enter_async_context(
                meanwhile(answer_within(balances_at(installation, account, connectors), PATIENCE))
            )
            for account, connectors in at.items()
        }


async def cross_liquidations(positions: Sequence[Position], margins: Margins) -> tuple[Mapping[Position, Decimal], str]:
    """The price at which a position has lost all that its account has in its quote currency there, P&L of what else is
    open included, if nothing but that price moves; 0 for a long that can't. None of those of which it isn't known, and
    why, or ""."""
    prices: dict[Position, Decimal] = {}
    why = ""
    for one in positions:
        found = await margins[one.account]
        if isinstance(found, CallError):
            why = why or found.happened
            continue
        units = units_of(found[one.connector], one.quote)
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
