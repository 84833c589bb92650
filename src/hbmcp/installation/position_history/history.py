"""The history of positions in each market: rounds from the record, and what of it the record doesn't prove."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.installation.fills.chronology import chronological
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.position_history.funding_payments import FundingPayment, assign_funding
from hbmcp.installation.position_history.reading import Exchange, Market, TradingRecord
from hbmcp.installation.position_history.rebuilding import ModeStretch, RoundTrips, held_before, replay, stretches
from hbmcp.installation.position_history.round_trip import NOISE, NONE, RoundTrip, Side
from hbmcp.pairs import quote_of
from hbmcp.text import named

SIDES: tuple[Side, ...] = ("LONG", "SHORT")
Disagreement = dict[Side, tuple[Decimal, Decimal]]


@frozen
class Reconstruction:
    """Rounds, the stretches that they come of, and how they disagree with what the exchange lists. What is held can't
    be of another mode than today's: such a reading isn't `possible`."""

    stretches: Sequence[ModeStretch]
    rounds: RoundTrips
    disagreement: Disagreement
    possible: bool

    @property
    def doubt(self) -> tuple[int, Decimal]:
        """How much speaks against it: the kinds of evidence, and the amounts that disagree."""
        kinds = bool(self.rounds.excess) + bool(self.disagreement) + (not self.possible)
        return kinds, sum((abs(ours - listed) for ours, listed in self.disagreement.values()), NONE)

    @property
    def excess(self) -> Decimal:
        """How much was closed that nothing had opened."""
        return sum((fill.amount for fill in self.rounds.excess), NONE)


@frozen
class MarketHistory:
    """One account's positions at one exchange in one pair.

    `rounds` is None where fills are missing at the beginning and nothing tells what was held then; where only an empty
    list of positions tells it, it is `assumed`, and what by the present mode would be open is `taken_for_closed` where
    only that list tells that the mode was another. `untold` fills of hedge mode don't tell which position they worked
    on, those at the times `tied` may be in another order, and the times `unsure` five minutes early. `disagreement` is
    what is open by the fills and by the exchange, for a side where they differ. `unopened` are the fills that closed
    what no fill had opened, not `exactly` where their amounts depend on the mode.
    """

    account: str
    connector: str
    pair: str
    rounds: RoundTrips | None
    untold: int
    tied: frozenset[int]
    unsure: frozenset[int]
    assumed: bool
    taken_for_closed: bool
    disagreement: Disagreement
    exactly: bool

    @property
    def quote(self) -> str:
        """The currency of prices and P&L."""
        return quote_of(self.pair)

    @property
    def name(self) -> str:
        """The market in words."""
        return f"{named(self.pair)} on {named(self.connector)} ({named(self.account)})"


MarketRoundTrip = tuple[MarketHistory, RoundTrip]  # a position, and its market


def market_histories(record: TradingRecord) -> list[MarketHistory]:
    """Of every market with fills."""
    markets: dict[Market, list[Fill]] = {}
    for fill in record.fills:
        markets.setdefault((fill.account, fill.connector, fill.pair), []).append(fill)
    return [_history(market, fills, record) for market, fills in markets.items()]


def reduced_between(found: Iterable[MarketHistory], start: int, end: int | None) -> list[MarketRoundTrip]:
    """The positions that were closed or last reduced in a period, newest first; not those that aren't whole."""
    reduced = [
        (history, one)
        for history in found
        if history.rounds is not None
        for one in (*history.rounds.closed, *history.rounds.open.values())
        if one.whole and one.reduced is not None and start <= one.reduced and (end is None or one.reduced <= end)
    ]
    return sorted(reduced, key=lambda each: (each[1].reduced or 0, each[1].opened), reverse=True)


def _history(market: Market, fills: list[Fill], record: TradingRecord) -> MarketHistory:
    exchange = market[:2]
    ordered = chronological(fills, record.orders.get(exchange, {}))
    readings = _readings(market, ordered.fills, record)
    best = min(readings, key=lambda one: one.doubt, default=None)
    silent = _silent(exchange, record)
    if best is not None:
        if not silent:
            _drop_unlisted(best)
        if record.payments is not None:
            _pay(market, best.rounds, record.payments)
    return MarketHistory(
        *market,
        rounds=best.rounds if best else None,
        untold=sum(
            fill.order_id not in record.actions
            for stretch in (best.stretches if best else ())
            for fill in stretch.fills
            if stretch.hedge
        ),
        tied=ordered.tied,
        unsure=ordered.unsure,
        assumed=best is not None and not record.complete and silent,
        taken_for_closed=silent
        and best is not None
        and not (best.rounds.open or best.disagreement or readings[0].rounds.excess)
        and bool(readings[0].disagreement),
        disagreement=best.disagreement if best else {},
        exactly=len({one.excess for one in readings}) == 1,
    )


def _readings(market: Market, fills: Sequence[Fill], record: TradingRecord) -> list[Reconstruction]:
    """What the fills can come to, the more likely first: all in the mode of today, in stretches of both modes that lead
    to what is listed or else to what was bought less what was sold, and all in the other mode. None where what was held
    before the fills isn't known: it is nothing where they go back to the beginning, or else what the open positions
    leave for then, if they are to be believed."""
    hedge = record.hedge.get(market[:2], False)
    listed = {} if record.held is None else record.held.by_market.get(market, {})
    end, cut = stretches(fills, listed, hedge=hedge, actions=record.actions)
    modes = [[ModeStretch(fills, hedge)], [ModeStretch(fills, not hedge)]]
    if record.complete:
        cuts = [cut] if not end and record.held is not None else []
        net = sum((fill.amount if fill.side == "BUY" else -fill.amount for fill in fills), NONE)
        end, cut = stretches(fills, _sides(net), hedge=hedge, actions=record.actions)
        cuts += [] if end else [cut]
        return [_reading(market, record, one, {}) for one in (modes[0], *cuts, modes[1])]
    ways = [modes[0], *([ModeStretch(fills[:end], mode), *cut] for mode in (hedge, not hedge)), modes[1]]
    found = []
    for first, *later in ways:
        start = held_before(first.fills, {} if later else listed, hedge=first.hedge, actions=record.actions)
        known = first.hedge == hedge or all(fill.order_id in record.actions for fill in first.fills)
        if start is not None and known and not (_silent(market[:2], record) and any(start.values())):
            found.append(_reading(market, record, [first, *later], start))
    return found


def _reading(
    market: Market, record: TradingRecord, of: Sequence[ModeStretch], start: Mapping[Side, Decimal]
) -> Reconstruction:
    rounds = replay(of, actions=record.actions, before=start)
    disagreement: Disagreement = {}
    if record.held is not None:
        listed = record.held.by_market.get(market, {})
        pairs = {side: (rounds.held(side), listed.get(side, NONE)) for side in SIDES}
        disagreement = {side: pair for side, pair in pairs.items() if abs(pair[0] - pair[1]) > NOISE * max(pair)}
    mode = record.hedge.get(market[:2], rounds.hedge)
    return Reconstruction(of, rounds, disagreement, possible=not rounds.open or rounds.hedge == mode)


def _sides(net: Decimal) -> dict[Side, Decimal]:
    """What is held in one-way mode."""
    return {"LONG": max(net, NONE), "SHORT": max(-net, NONE)}


def _drop_unlisted(reading: Reconstruction) -> None:
    """What the exchange doesn't list isn't open, whatever the fills say."""
    for side, (_, listed) in reading.disagreement.items():
        if not listed:
            reading.rounds.unproved.append(reading.rounds.open.pop(side))


def _silent(exchange: Exchange, record: TradingRecord) -> bool:
    """Whether the exchange lists no positions at all, as it also does when it fails."""
    return record.held is None or exchange not in record.held.answered


def _pay(market: Market, rounds: RoundTrips, payments: list[FundingPayment]) -> None:
    """Where an exchange's payments aren't recorded at all, its funding isn't known to be nothing."""
    if any((one.account, one.connector) == market[:2] for one in payments):
        assign_funding((one for one in payments if (one.account, one.connector, one.pair) == market), rounds.all)
