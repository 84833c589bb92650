"""Everything that is known of some accounts' worth at one moment, and what isn't known of it."""

from collections.abc import Awaitable, Collection, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, Refused, UnknownOperation
from hbmcp.figures import cents
from hbmcp.installation.connections import Connections, connections, is_perpetual
from hbmcp.installation.installation import Installation, all_of, meanwhile, together
from hbmcp.installation.portfolio.distribution import total_value
from hbmcp.installation.portfolio.holdings import CURRENCY, Holding, Holdings, Place, holdings, last_holdings
from hbmcp.installation.portfolio.stale_balances import FreshnessCheck, check_freshness
from hbmcp.installation.portfolio.unrealized_pnl import UnrealizedPnl, unrealized_pnl
from hbmcp.installation.positions.open_positions import OpenPositions, positions_at
from hbmcp.text import named

NO_POSITIONS = OpenPositions((), (), ())


@frozen
class Valuation:
    """`checks` are of spot exchanges; of perpetual ones `positions` tells whether they answer."""

    connected: Connections
    balances: Holdings
    positions: OpenPositions
    unrealized: UnrealizedPnl
    checks: tuple[FreshnessCheck, ...]

    @property
    def rows(self) -> tuple[Holding, ...]:
        """All holdings."""
        return self.balances.rows

    @property
    def places(self) -> list[Place]:
        """Every exchange account with figures or positions."""
        return list(dict.fromkeys([*self.balances.places, *self.unrealized.by_place]))

    @property
    def is_empty(self) -> bool:
        """Whether neither a balance nor a position's P&L is known."""
        return not self.rows and not self.unrealized.by_place

    @property
    def value(self) -> Decimal:
        """Of all holdings with a price, in USDT; unrealized P&L is in it where it is in a balance."""
        return total_value(self.rows)

    @property
    def totals(self) -> dict[str, Any]:
        """Value, unrealized P&L where there can be positions and they could be read, what of it balances have in them
        already, and equity, the sum, unless it is surely the value, as nothing is open."""
        told: dict[str, Any] = {"total_value": cents(self.value), "currency": CURRENCY}
        if self.positions is not NO_POSITIONS:
            everywhere = self.unrealized.by_place
            told["unrealized_pnl"] = cents(self.unrealized.of(everywhere))
            if self.unrealized.within:
                told["unrealized_pnl_already_in_total_value"] = cents(self.unrealized.of(self.unrealized.within))
            incomplete = bool(self.positions.unread or self.unrealized.uncounted)
            if everywhere or incomplete:
                told["equity"] = cents(self.value + self.unrealized.on_top(everywhere))
            if incomplete:
                told["equity_incomplete"] = True
        return told

    def profit(self, places: Collection[Place], value: Decimal) -> dict[str, Decimal | None]:
        """Unrealized P&L and equity of exchange accounts with that value: None where they have no positions, and equity
        also where the P&L is in the value."""
        if self.unrealized.by_place.keys().isdisjoint(places):
            return {"unrealized_pnl": None, "equity": None}
        added = not self.unrealized.within.issuperset(self.unrealized.by_place.keys() & set(places))
        return {
            "unrealized_pnl": cents(self.unrealized.of(places)),
            "equity": cents(value + self.unrealized.on_top(places)) if added else None,
        }


async def value_portfolio(
    installation: Installation, account_name: str | None = None, connector_name: str | None = None
) -> Valuation:
    """Balances, positions and whether they are of now, of all accounts or one, of all exchanges or one.

    The workflow uses list_accounts, get_connected_exchanges, get_portfolio_state, get_portfolio_distribution,
    get_prices, get_rates, and what positions_at uses. Raises Refused for an account or an exchange of it that isn't
    there, CallError where there are no balances to be had.
    """
    async with meanwhile(_connections(installation, account_name)) as asked:
        if account_name is not None:
            await asked  # a question about an account that isn't there leaves it as an empty entry in the portfolio
        found, early, positions = await all_of(
            holdings(installation, account_name),
            _early_checks(installation, account_name, connector_name, asked),
            _open_positions(installation, connector_name, asked),
        )
        connected = await asked
    there = connected.at(connector_name)
    if connector_name is not None:
        found = _narrowed(connected, found, connector_name)
    checks, unrealized = await all_of(
        together(
            _check(installation, one, [row for row in found.rows if row.connector == one], early.get(one))
            for one in _spot(there)
        ),
        unrealized_pnl(installation, positions.rows, found.rows),
    )
    return Valuation(
        there, found, positions, unrealized, tuple(one for one in checks if not isinstance(one, CallError))
    )


async def _connections(installation: Installation, account_name: str | None) -> Connections:
    """Those that are known; of an API that lists no accounts, those that have balances."""
    try:
        return await connections(installation, account_name)
    except UnknownOperation:
        found: dict[str, list[str]] = {}
        for account, connector in (await holdings(installation, account_name)).places:
            found.setdefault(account, []).append(connector)
        return Connections(found, {})


async def _open_positions(
    installation: Installation, connector_name: str | None, asked: Awaitable[Connections]
) -> OpenPositions:
    there = (await asked).at(connector_name)
    if not there.unread and not any(is_perpetual(connector) for _, connector in there.pairs):
        return NO_POSITIONS
    return await positions_at(installation, there)


async def _early_checks(
    installation: Installation, account_name: str | None, connector_name: str | None, asked: Awaitable[Connections]
) -> dict[str, FreshnessCheck]:
    """Connector -> its check, of what was worth most there when the API last looked. So it is made while the balances
    are asked for, and stands if that is worth most still."""
    async with meanwhile(last_holdings(installation, account_name)) as last:
        spot = _spot((await asked).at(connector_name))
        if not spot:
            return {}
        try:
            rows = await last
        except CallError:
            return {}
    checks = await together(
        check_freshness(installation, one, [row for row in rows if row.connector == one]) for one in spot
    )
    return {one.connector: one for one in checks if not isinstance(one, CallError)}


def _spot(there: Connections) -> list[str]:
    return sorted({one for _, one in there.pairs if not is_perpetual(one)})


async def _check(
    installation: Installation, connector: str, rows: Sequence[Holding], early: FreshnessCheck | None
) -> FreshnessCheck:
    stands = early.still_of(rows) if early else None
    return stands or await check_freshness(installation, connector, rows)


def _narrowed(connected: Connections, found: Holdings, connector: str) -> Holdings:
    """To one exchange. The API isn't asked to: it would forget the others. Raises Refused where it is at none."""
    places = tuple(one for one in found.places if one[1] == connector)
    if not places and not connected.at(connector).pairs:
        others = sorted({one for _, one in (*connected.pairs, *found.places)})
        raise Refused(
            f"No balances at {named(connector)}: the account isn't connected to it.",
            "Nothing was done.",
            f"Connected: {', '.join(map(named, others)) or 'none; connect_exchange connects an exchange'}.",
        )
    return Holdings(tuple(row for row in found.rows if row.connector == connector), places)
