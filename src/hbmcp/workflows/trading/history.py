"""The history of positions in each market: rounds from the record, and what of it the record doesn't prove."""

from collections.abc import Collection
from decimal import Decimal

from attrs import frozen

from hbmcp.workflows.trading.fills import Fill
from hbmcp.workflows.trading.history_reading import Exchange, Market, Record
from hbmcp.workflows.trading.round import NOISE, Side
from hbmcp.workflows.trading.round_funding import Payment, share_out
from hbmcp.workflows.trading.rounds import Rounds, before, rebuild
from hbmcp.workflows.trading.sequence import sequence

SIDES: tuple[Side, ...] = ("LONG", "SHORT")


@frozen
class History:
    """One account's positions at one exchange in one pair.

    `rounds` is None where fills are missing at the beginning and nothing tells what was held then; where only an empty
    list of positions tells it, it is `assumed`. `untold` fills of hedge mode don't tell which position they worked on,
    those at the times `tied` may be in another order, and the times `unsure` five minutes early. `disagreement` is what
    is open by the fills and by the exchange, for a side where they differ.
    """

    account: str
    connector: str
    pair: str
    rounds: Rounds | None
    untold: int
    tied: frozenset[int]
    unsure: frozenset[int]
    assumed: bool
    disagreement: dict[Side, tuple[Decimal, Decimal]]

    @property
    def quote(self) -> str:
        """The currency of prices and P&L."""
        return self.pair.rpartition("-")[2]

    @property
    def name(self) -> str:
        """The market in words."""
        return f"{self.pair} on {self.connector} ({self.account})"


def histories(record: Record) -> list[History]:
    """Of every market with fills."""
    markets: dict[Market, list[Fill]] = {}
    for fill in record.fills:
        markets.setdefault((fill.account, fill.connector, fill.pair), []).append(fill)
    return [_history(market, fills, record) for market, fills in markets.items()]


def _history(market: Market, fills: list[Fill], record: Record) -> History:
    exchange = market[:2]
    hedge = record.hedge.get(exchange, False)
    ordered = sequence(fills, record.orders.get(exchange, {}))
    rounds, disagreement = _read(market, ordered.fills, record, hedge=hedge)
    if rounds is not None and rounds.excess:
        # The position mode may have been another then: it can be changed whenever nothing is open.
        other, other_disagreement = _read(market, ordered.fills, record, hedge=not hedge)
        if other is not None and not other.excess and not other_disagreement:
            rounds, disagreement = other, {}
    if rounds is not None and record.payments is not None:
        _pay(market, rounds, record.payments)
    return History(
        *market,
        rounds=rounds,
        untold=sum(fill.order_id not in record.actions for fill in fills) if hedge else 0,
        tied=ordered.tied,
        unsure=ordered.unsure,
        assumed=rounds is not None and not record.complete and _silent(exchange, record),
        disagreement=disagreement,
    )


def _read(
    market: Market, fills: Collection[Fill], record: Record, *, hedge: bool
) -> tuple[Rounds | None, dict[Side, tuple[Decimal, Decimal]]]:
    """The rounds, from nothing where the fills go back to the beginning, or else from what the open positions leave for
    then, if they are to be believed; and how they disagree with the open positions."""
    listed = {} if record.held is None else record.held.by_market.get(market, {})
    start: dict[Side, Decimal] | None = {}
    if not record.complete:
        start = before(fills, listed, hedge=hedge, actions=record.actions)
        if start is None or (_silent(market[:2], record) and any(start.values())):
            return None, {}
    rounds = rebuild(fills, hedge=hedge, actions=record.actions, before=start)
    if record.held is None:
        return rounds, {}
    pairs = {side: (rounds.held(side), listed.get(side, Decimal(0))) for side in SIDES}
    return rounds, {side: pair for side, pair in pairs.items() if abs(pair[0] - pair[1]) > NOISE * max(pair)}


def _silent(exchange: Exchange, record: Record) -> bool:
    """Whether the exchange lists no positions at all, as it also does when it fails."""
    return record.held is None or exchange not in record.held.answered


def _pay(market: Market, rounds: Rounds, payments: list[Payment]) -> None:
    """Where an exchange's payments aren't recorded at all, its funding isn't known to be nothing."""
    if any((one.account, one.connector) == market[:2] for one in payments):
        share_out((one for one in payments if (one.account, one.connector, one.pair) == market), rounds.all)
