"""What the record of positions doesn't prove, in short sentences, each only where it is the case."""

from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from hbmcp.workflows.figures import money, plain
from hbmcp.workflows.trading.fills import EARLY
from hbmcp.workflows.trading.history import History
from hbmcp.workflows.trading.history_reading import Record
from hbmcp.workflows.trading.round import Round, Side
from hbmcp.workflows.trading.round_funding import PAGE

Closed = tuple[History, Round]


def notes(
    record: Record, found: Collection[History], closed: Collection[Closed], start: int, end: int | None
) -> tuple[str, ...]:
    """On these histories, of which the rounds `closed` are told, those of the time from `start` to `end`."""
    return (
        *record.unread,
        *_missing(record, found),
        *_partly(found, start, end),
        *_differing(record, found),
        *_figures(record, closed),
    )


def _missing(record: Record, found: Collection[History]) -> Iterator[str]:
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


def _partly(found: Iterable[History], start: int, end: int | None) -> Iterator[str]:
    """What was closed, and isn't a closed position."""
    for one in found:
        if one.rounds is None:
            continue
        excess = [fill for fill in one.rounds.excess if start <= fill.time and (end is None or fill.time <= end)]
        if excess:
            amount = plain(sum((fill.amount for fill in excess), Decimal(0)))
            yield f"{one.name}: {amount:f} was closed that no recorded fill had opened, so it isn't above."
        for part in one.rounds.open.values():
            if part.exited and part.whole:
                yield (
                    f"Still open, so not above: {part.side} {one.name}, of which {plain(part.exited):f} is closed with "
                    f"{money(part.realized):f} {one.quote} realized (by average cost, before fees)."
                )


def _differing(record: Record, found: Iterable[History]) -> Iterator[str]:
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
                f"{one.name} is in hedge mode, and {one.untold} fills don't tell whether they opened or closed (hbmcp "
                "knows that of its own orders only): they are read as closing first, which is wrong where LONG and "
                "SHORT were held at once."
            )


def _figures(record: Record, closed: Collection[Closed]) -> Iterator[str]:
    """On what is told of closed positions."""
    untold = sum(one.funding is None for _, one in closed)
    if untold and record.payments is not None:
        of = "" if untold == len(closed) else f" of {_count(untold, 'position')}"
        yield f"Funding{of} isn't recorded, and not in net_pnl."
    if record.payments is not None and len(record.payments) >= PAGE:
        oldest = min(one.time for one in record.payments)
        if any(one.opened < oldest for _, one in closed):
            yield "Only the latest 1,000 funding payments could be read: older ones are missing from net_pnl."
    if unknown := sum(one.unknown_fees for _, one in closed):
        yield f"The fee of {_count(unknown, 'fill')} isn't recorded, and not in net_pnl."
    if unsure := sum(bool({one.opened, one.closed} & history.unsure) for history, one in closed):
        yield f"Times of {_count(unsure, 'position')} can be up to five minutes early."
    if tied := sum(any(_within(one, time) for time in history.tied) for history, one in closed):
        yield f"{_count(tied, 'position')} can be wrong: the order of fills of one recorded time isn't known."


def _within(one: Round, recorded: int) -> bool:
    return one.closed is not None and one.opened - EARLY <= recorded <= one.closed


def _amounts(of: Iterable[tuple[Side, Decimal]]) -> str:
    """Held amounts in words."""
    return ", ".join(f"{side} {plain(amount):f}" for side, amount in of if amount) or "none"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
