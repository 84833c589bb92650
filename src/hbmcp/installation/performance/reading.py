"""Reading what a portfolio held over a period, and what is known of the trades at its exchanges.

The API stores one every five minutes and serves them newest first, thinned out to an interval. Its paging can't be
relied on: a page ends after so many balances, one for each account and exchange, says that there is no more, and may
have cut its oldest snapshot in two. So each page is asked for anew, up to the minute where the one before ended, until
nothing older comes. Its filter for exchanges does nothing.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Literal

from attrs import evolve, frozen

from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import Fields, data, moment, number, optional, text
from hbmcp.installation.connections import connections, is_perpetual
from hbmcp.installation.fills.fills import fills
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.performance.known_trades import Funding, known_perpetual_trades, known_spot_trades
from hbmcp.installation.performance.snapshot_series import (
    Held,
    Place,
    Snapshot,
    SnapshotSeries,
    narrow_snapshots,
    read_state,
)
from hbmcp.installation.performance.trade_matching import SETTLED, KnownTrades, UnrealizedAt
from hbmcp.installation.portfolio.holdings import holdings
from hbmcp.installation.portfolio.unrealized_pnl import balance_includes_pnl
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.installation.positions.position_mode import is_hedge_mode
from hbmcp.times import MINUTE, now
from hbmcp_tools import portfolio, trading
from hummingbot_api.request import Json

Interval = Literal["5m", "15m", "30m", "1h", "4h", "12h", "1d"]

EVERY = 5 * MINUTE  # between two snapshots
NEAR = 2 * EVERY + MINUTE  # a snapshot that is no farther from a time stands for it
_STEPS: dict[Interval, int] = {
    "5m": EVERY,
    "15m": 3 * EVERY,
    "30m": 6 * EVERY,
    "1h": 12 * EVERY,
    "4h": 48 * EVERY,
    "12h": 144 * EVERY,
    "1d": 288 * EVERY,
}
_MOST = 200  # snapshots are fine enough for a high, a low and a drawdown
_PAGE = 1000


@frozen
class PeriodSnapshots:
    """Of a period, oldest first. `asked` is the time of the last one where that is what is held now, which `failed`
    says why it couldn't be read."""

    rows: list[Snapshot]
    asked: int | None = None
    failed: str = ""

    @property
    def only_now(self) -> bool:
        """Whether there is none but that of now."""
        return [one.time for one in self.rows] == [self.asked]


async def period_snapshots(
    installation: Installation, start: int, end: int, account_name: str | None, connector_name: str | None
) -> PeriodSnapshots:
    """The snapshots of a period, of an account and an exchange, and what is held now where it ends now. Uses
    get_portfolio_history and get_portfolio_state. Raises CallError where the stored ones can't be read."""
    rows = await stored_snapshots(installation, start, end, account_name)
    asked, failed = None, ""
    if end >= now() - MINUTE:
        try:
            rows.append(await current_snapshot(installation, now(), account_name))
            asked = rows[-1].time
        except CallError as error:
            failed = f"The end is the last snapshot, for the balances of now couldn't be read: {error}"
    return PeriodSnapshots(narrow_snapshots(rows, account_name, connector_name), asked, failed)


async def stored_snapshots(
    installation: Installation, start: int, end: int, account_name: str | None
) -> list[Snapshot]:
    """The snapshots of a period (epoch milliseconds), at most some 200 and evenly thinned out, oldest first.

    The first stands for `start`: what each place held last in the minutes up to it; or else it is the oldest that
    there is after it. Uses get_portfolio_history. Raises CallError.
    """

    async def page(first: int, last: int, interval: Interval) -> dict[int, Mapping[Place, Held]]:
        read = await installation.read(
            data(_snapshot),
            portfolio.get_portfolio_history,
            start_time=str(first),
            end_time=str(last),
            account_name=account_name,
            interval=interval,
            limit=_PAGE,
        )
        return {one.time: one.places for one in read}

    before = await page(start - NEAR, start, "5m")
    found: dict[int, Mapping[Place, Held]] = {}
    interval, last = interval_of(end - start), end
    while start < last:
        read = await page(start, last, interval)
        found |= read
        oldest = min(read, default=last)
        if before and oldest <= start + _STEPS[interval] + MINUTE:
            break
        if oldest + MINUTE <= last:
            last = oldest + MINUTE - 1
        elif before or interval == "5m":
            break
        else:
            interval = "5m"  # thinned out, there is nothing older; the oldest of all is looked for
    later = [Snapshot(time, found[time]) for time in sorted(found) if time > max(before, default=0)]
    return [_together(before), *later] if before else later


async def snapshots_before(
    installation: Installation, time: int, account_name: str | None, connector_name: str | None
) -> list[Snapshot]:
    """Of an account and an exchange, on the last days on which there are any. Uses get_portfolio_history. Raises
    CallError."""
    found = await installation.read(
        data(_snapshot),
        portfolio.get_portfolio_history,
        end_time=str(time),
        account_name=account_name,
        interval="1d",
        limit=_PAGE,
    )
    return narrow_snapshots(found, account_name, connector_name)


def _snapshot(row: Json) -> Snapshot:
    fields = Fields(row)
    return Snapshot(fields.needed("timestamp", moment), fields.needed("state", read_state))


def interval_of(span: int) -> Interval:
    """The finest that shows so many milliseconds in no more than 200 snapshots."""
    return next((name for name, step in _STEPS.items() if span <= step * _MOST), "1d")


def _together(found: Mapping[int, Mapping[Place, Held]]) -> Snapshot:
    """Several as one: what each place held last."""
    held: dict[Place, Held] = {}
    for time in sorted(found):
        held |= found[time]
    return Snapshot(max(found), held)


async def current_snapshot(installation: Installation, time: int, account_name: str | None) -> Snapshot:
    """What is held at `time`, which is now. Uses get_portfolio_state. Raises CallError."""
    found = await holdings(installation, account_name)
    places: dict[Place, dict[str, tuple[Decimal, Decimal | None]]] = {place: {} for place in found.places}
    for row in found.rows:
        places[row.place][row.token] = row.units, row.price
    return Snapshot(time, places)


async def disconnected_places(installation: Installation, found: SnapshotSeries) -> set[Place]:
    """Those of the silent places that aren't connected any more. Uses list_accounts and get_connected_exchanges. Raises
    no CallError."""
    if not (silent := found.silent()):
        return set()
    try:
        connected = await connections(installation)
    except CallError:
        return set()
    return {one for one in silent if one[0] not in connected.unread and one not in connected.pairs}


async def known_trades(
    installation: Installation, places: Iterable[Place], start: int, asked: int | None
) -> dict[Place, KnownTrades]:
    """What is known of the trades at each place since `start`, and of unrealized P&L at `asked`, the time of the last
    snapshot if that is of now. Uses get_trades, and for perpetual exchanges get_position_mode, list_positions and
    get_funding_payments. Raises no CallError."""
    places = list(places)
    found = await together(_known(installation, *place, start, asked) for place in places)
    known = {}
    for place, one in zip(places, found, strict=True):
        if isinstance(one, CallError):
            one = KnownTrades(why=f"its trades couldn't be read: {str(one).rstrip('.')}")
        known[place] = evolve(one, profit=one.profit or UnrealizedAt()) if balance_includes_pnl(place[1]) else one
    return known


async def _known(
    installation: Installation, account: str, connector: str, start: int, asked: int | None
) -> KnownTrades:
    if not is_perpetual(connector):
        return known_spot_trades(
            await fills(installation, account_name=account, connector_name=connector, start=start - SETTLED)
        )
    recorded = await fills(installation, account_name=account, connector_name=connector)
    hedge = await is_hedge_mode(installation, account, connector)
    if recorded.rows and hedge:
        return KnownTrades(why="in hedge mode a fill doesn't tell which side it closes")
    listed = await listed_positions(installation, account, connector)
    positions = {one.pair: one.amount * one.direction for one in listed}
    paid = await installation.read(data(_funding), trading.get_funding_payments, account_name=account)
    known = known_perpetual_trades(recorded, positions, [one for where, one in paid if where == connector])
    if asked is None or not balance_includes_pnl(connector):
        return known
    return evolve(known, profit=_profit(listed, asked))


def _funding(row: Json) -> tuple[str, Funding]:
    """The exchange, and what was paid there."""
    fields = Fields(row)
    amount = fields.needed("funding_payment", optional(number)) or Decimal(0)
    paid = Funding(fields.needed("timestamp", moment), fields.needed("fee_currency", text), amount)
    return fields.needed("connector_name", text), paid


def _profit(listed: Iterable[Position], time: int) -> UnrealizedAt:
    """Of all positions, unless one doesn't tell it."""
    units: dict[str, Decimal] = {}
    for one in listed:
        if one.unrealized is None:
            return UnrealizedAt()
        units[one.quote] = units.get(one.quote, Decimal(0)) + one.unrealized
    return UnrealizedAt(time, units)
