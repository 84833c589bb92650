"""What the record of positions doesn't prove, in short sentences, each only where it is the case."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from hbmcp.figures import plain
from hbmcp.installation.fills.fills import EARLY
from hbmcp.installation.position_history.funding_payments import PAGE
from hbmcp.installation.position_history.history import MarketHistory, MarketRoundTrip
from hbmcp.installation.position_history.reading import TradingRecord
from hbmcp.installation.position_history.round_trip import RoundTrip, Side
from hbmcp.times import utc


def history_notes(
    record: TradingRecord,
    found: Collection[MarketHistory],
    told: Collection[MarketRoundTrip],
    start: int,
    end: int | None,
) -> tuple[str, ...]:
    """On these histories, of which the rounds `told` are shown, those of the time from `start` to `end`."""
    return (
        _window(record, found, start, end),
        *record.unread,
        *_missing(record, found),
        *_unopened(found, start, end),
        *_differing(record, found),
        *_figures(record, told),
    )


def _window(record: TradingRecord, found: Collection[MarketHistory], start: int, end: int | None) -> str:
    """The time that is told of, and since when there are fills: by their orders, where these tell better than they."""
    first = min(fill.time for fill in record.fills)
    opened = [one.opened for history in found if history.rounds for one in history.rounds.all]
    first = min((time for time in opened if first <= time <= first + EARLY), default=first)
    begin = "fills are recorded since" if record.complete else "the fills that were read begin"
    return f"Window: {utc(start)} until {'now' if end is None else utc(end)}; {begin} {utc(first)}."


def _missing(record: TradingRecord, found: Collection[MarketHistory]) -> Iterator[str]:
    """Fills that are too old to be read."""
    if not record.complete:
        yield (
            f"Only the latest {len(record.fills)} perpetual fills could be read, so older positions are missing: "
            "connector_name or trading_pair reaches further back."
        )
    if unknown := [one.name for one in found if one.rounds is None]:
        yield f"Left out, because what was held before those fills isn't known: {'; '.join(unknown)}."
    if assumed := [one.name for one in found if one.assumed]:
        yield (
            f"{'; '.join(assumed)}: taken for flat before those fills, because the exchange lists no positions now. If "
            "it failed to answer, the rows are wrong."
        )
    if taken := [one.name for one in found if one.taken_for_closed]:
        yield (
            f"{'; '.join(taken)}: read as traded in another position mode than today's, because the exchange lists no "
            "positions now. If it failed to answer, the rows are wrong."
        )


def _unopened(found: Iterable[MarketHistory], start: int, end: int | None) -> Iterator[str]:
    """What was closed, and isn't of any known position."""
    for one in found:
        if one.rounds is None:
            continue
        excess = [fill for fill in one.rounds.excess if start <= fill.time and (end is None or fill.time <= end)]
        if excess:
            exact = plain(sum((fill.amount for fill in excess), Decimal(0)))
            amount = f"{exact:f}" if one.exactly else "some"
            yield f"{one.name}: {amount} was closed that no recorded fill had opened, so it isn't above."


def _differing(record: TradingRecord, found: Iterable[MarketHistory]) -> Iterator[str]:
    """Where the exchange says something else is open, or fills can be read in two ways."""
    for one in found:
        if one.disagreement:
            silent = record.held is None or (one.account, one.connector) not in record.held.answered
            ours = _amounts((side, pair[0]) for side, pair in one.disagreement.items())
            listed = _amounts((side, pair[1]) for side, pair in one.disagreement.items())
            or_silent = ", or the exchange doesn't answer" if silent else ""
            yield (
                f"{one.name}: open by its fills {ours}, by the exchange {listed}. Fills are missing (those by hand, of "
                f"a bot or a liquidation aren't recorded){or_silent}: its rows may be wrong or too few."
            )
        if one.untold and one.rounds is not None:
            yield (
                f"{one.name} was traded in hedge mode, and {one.untold} fills don't tell whether they opened or closed "
                "(hbmcp knows that of its own orders only): they are read as closing first, which is wrong where LONG "
                "and SHORT were held at once."
            )


def _figures(record: TradingRecord, told: Collection[MarketRoundTrip]) -> Iterator[str]:
    """On what is told of positions."""
    untold = sum(one.funding is None for _, one in told)
    if untold and record.payments is not None:
        of = "" if untold == len(told) else f" of {_count(untold, 'position')}"
        yield f"Funding{of} isn't recorded, and not in net_pnl."
    if record.payments is not None and len(record.payments) >= PAGE:
        oldest = min(one.time for one in record.payments)
        if any(one.opened < oldest for _, one in told):
            yield "Only the latest 1,000 funding payments could be read: older ones are missing from net_pnl."
    if unknown := sum(one.unknown_fees for _, one in told):
        yield f"The fee of {_count(unknown, 'fill')} isn't recorded, and not in net_pnl."
    if unsure := sum(bool({one.opened, one.reduced} & history.unsure) for history, one in told):
        yield f"Times of {_count(unsure, 'position')} can be up to five minutes early."
    if tied := sum(any(_within(one, time) for time in history.tied) for history, one in told):
        yield f"{_count(tied, 'position')} can be wrong: the order of fills of one recorded time isn't known."


def _within(one: RoundTrip, recorded: int) -> bool:
    return one.opened - EARLY <= recorded and (one.closed is None or recorded <= one.closed)


def _amounts(of: Iterable[tuple[Side, Decimal]]) -> str:
    """Held amounts in words."""
    return ", ".join(f"{side} {plain(amount):f}" for side, amount in of if amount) or "none"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
