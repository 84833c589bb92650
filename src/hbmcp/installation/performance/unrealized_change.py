"""Unrealized P&L as a period began and as it ended, where balances don't have it in them.

Without it a loss that was open before the period, and was realized in it, is one of the period. What was open at a time
comes from fills, its price from the last minute before; what is open now the exchanges tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import ratio, times
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fills.chronology import chronological
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.markets.candles import price_at
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.installation.performance.snapshot_series import Place
from hbmcp.installation.portfolio.holdings import is_dollar
from hbmcp.installation.portfolio.unrealized_pnl import balance_includes_pnl, sum_unrealized_pnl
from hbmcp.installation.position_history.reading import TradingRecord, read_trading_record
from hbmcp.installation.position_history.rebuilding import RoundTrips, rebuild
from hbmcp.installation.position_history.round_trip import NOISE, NONE, RoundTrip
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.text import named

Pair = tuple[str, str, str]  # account, connector, pair


@frozen
class UnrealizedChange:
    """In USDT, None where it isn't known, and then `why`, the end of a sentence."""

    start: Decimal | None
    end: Decimal | None
    why: str = ""

    @property
    def change(self) -> Decimal | None:
        return None if self.start is None or self.end is None else self.end - self.start


NOTHING = UnrealizedChange(NONE, NONE)


async def unrealized_change(
    installation: Installation, places: Iterable[Place], start: int, end: int, *, ends_now: bool
) -> UnrealizedChange:
    """Of those of the places whose balance doesn't have it in it. Times in epoch milliseconds.

    The workflow uses get_trades, search_orders, list_positions, get_position_mode, get_funding_payments and
    get_historical_candles. Raises nothing.
    """
    wanted = [place for place in places if is_perpetual(place[1]) and not balance_includes_pnl(place[1])]
    if not wanted:
        return NOTHING
    (found,) = await together([_read(installation, wanted)])
    if isinstance(found, CallError):
        return UnrealizedChange(None, None, found.happened.rstrip("."))
    record, listed = found
    fills = _by_pair(record, wanted)
    doubt = _doubt(record, fills, listed)
    now = None if any(one.unrealized is None for one in listed) else _sum(listed)
    if doubt:
        return UnrealizedChange(None, now if ends_now else None, doubt)
    times_meant = (start,) if ends_now else (start, end)
    values = await together(_at(installation, record, fills, time) for time in times_meant)
    for one in values:
        if isinstance(one, CallError):
            return UnrealizedChange(None, now if ends_now else None, one.happened.rstrip("."))
    known = [one for one in values if not isinstance(one, CallError)]
    return UnrealizedChange(known[0], now if ends_now else known[1])


async def _read(installation: Installation, places: Sequence[Place]) -> tuple[TradingRecord, list[Position]]:
    accounts, connectors = ({place[part] for place in places} for part in (0, 1))
    record = await read_trading_record(
        installation,
        next(iter(accounts)) if len(accounts) == 1 else None,
        next(iter(connectors)) if len(connectors) == 1 else None,
        None,
    )
    listed = await together(listed_positions(installation, *place) for place in places)
    for one in listed:
        if isinstance(one, CallError):
            raise one
    return record, [position for one in listed if not isinstance(one, CallError) for position in one]


def _by_pair(record: TradingRecord, places: Sequence[Place]) -> dict[Pair, tuple[Fill, ...]]:
    found: dict[Pair, list[Fill]] = {}
    for fill in record.fills:
        if (fill.account, fill.connector) in places:
            found.setdefault((fill.account, fill.connector, fill.pair), []).append(fill)
    return {pair: chronological(fills, record.orders.get(pair[:2], {})).fills for pair, fills in found.items()}


def _rebuilt(record: TradingRecord, pair: Pair, fills: Iterable[Fill]) -> RoundTrips:
    return rebuild(fills, hedge=record.hedge.get(pair[:2], False), actions=record.actions)


def _doubt(record: TradingRecord, fills: Mapping[Pair, Sequence[Fill]], listed: Iterable[Position]) -> str:
    """Where the fills don't come to what is open now."""
    held: dict[Pair, dict[str, Decimal]] = {pair: {} for pair in fills}
    for one in listed:
        held.setdefault((one.account, one.connector, one.pair), {})[one.side] = one.amount
    for pair, sides in held.items():
        rounds = _rebuilt(record, pair, fills.get(pair, ()))
        turned = sum((fill.amount for fill in fills.get(pair, ())), NONE)
        if rounds.excess or any(
            abs(rounds.held(side) - sides.get(side, NONE)) > NOISE * turned for side in ("LONG", "SHORT")
        ):
            where = f"{named(pair[2])} at {named(pair[1])} ({named(pair[0])})"
            return f"the recorded fills of {where} don't come to what is open"
    return ""


async def _at(
    installation: Installation, record: TradingRecord, fills: Mapping[Pair, Sequence[Fill]], time: int
) -> Decimal:
    open_then = [
        (pair, one)
        for pair, found in fills.items()
        for one in _rebuilt(record, pair, (fill for fill in found if fill.time <= time)).open.values()
    ]
    prices = await together(price_at(installation, Market(pair[1], pair[2]), time) for pair, _ in open_then)
    positions = []
    for (pair, one), price in zip(open_then, prices, strict=True):
        if isinstance(price, CallError):
            raise price
        positions.append(_position(pair, one, price))
    total = _sum(positions)
    if total is None:
        raise CallError("It is in a currency that isn't a dollar's")
    return total


def _position(pair: Pair, one: RoundTrip, price: Decimal) -> Position:
    entry = ratio(one.cost, one.held)
    gain = times(one.held, price - entry) * (1 if one.side == "LONG" else -1)
    return Position(*pair, one.side, one.held, entry, price, gain, None)


def _sum(positions: Sequence[Position]) -> Decimal | None:
    """None where it isn't in dollars."""
    found = sum_unrealized_pnl(positions, {one.quote: Decimal(1) for one in positions if is_dollar(one.quote)})
    return None if found.uncounted else found.of(found.by_place)
