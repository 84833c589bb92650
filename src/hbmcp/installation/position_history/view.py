"""How rebuilt positions are shown: rows, totals by quote currency, and what to say of them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from typing import Any

from hbmcp.figures import money, plain
from hbmcp.installation.position_history.history import MarketHistory, MarketRoundTrip
from hbmcp.installation.position_history.reading import TradingRecord
from hbmcp.installation.position_history.round_trip import DIGITS, RoundTrip
from hbmcp.text import named
from hbmcp.times import utc

NO_POSITIONS = "No perpetual position was closed whole in this period."


def position_tables(reduced: Sequence[MarketRoundTrip], limit: int) -> dict[str, Any] | str:
    """The newest `limit` of the closed ones with the totals of all, and those of which only a part was closed."""
    if not reduced:
        return NO_POSITIONS
    closed, still_open = _parted(reduced)
    return _closed(closed, limit) | _still_open(still_open)


def table_notes(reduced: Sequence[MarketRoundTrip], limit: int) -> list[str]:
    """What the tables leave out, and what their figures are of."""
    closed, still_open = _parted(reduced)
    notes = []
    if still_open:
        said = "Figures of still open ones are those of the closed part"
        whole = ", funding that of the whole position so far" if any(one.funding for _, one in still_open) else ""
        also = "; totals don't include them" if closed else ""
        notes.append(f"{said}{whole}{also}.")
    if len(closed) > limit:
        notes.append(f"The newest {limit} of {len(closed)}; the totals are of all.")
    return notes


def no_fills(record: TradingRecord, trading_pair: str | None) -> str:
    """That there are no fills, as far as is known."""
    what = f"No fills{f' of {named(trading_pair)}' if trading_pair else ''} on perpetual exchanges are"
    if record.complete:
        return f"{what} recorded."
    return f"{what} among the latest that could be read: connector_name reaches further back."


def _parted(reduced: Iterable[MarketRoundTrip]) -> tuple[list[MarketRoundTrip], list[MarketRoundTrip]]:
    """Those that are closed, and those that are still open."""
    closed: list[MarketRoundTrip] = []
    still_open: list[MarketRoundTrip] = []
    for one in reduced:
        (still_open if one[1].closed is None else closed).append(one)
    return closed, still_open


def _closed(closed: list[MarketRoundTrip], limit: int) -> dict[str, Any]:
    if not closed:
        return {"result": NO_POSITIONS}
    return {"totals": _totals(closed), "positions": [_row(*each) for each in closed[:limit]]}


def _still_open(still: list[MarketRoundTrip]) -> dict[str, Any]:
    """Positions of which only a part was closed; their totals where there are several."""
    if not still:
        return {}
    rows = {"partly_closed_still_open": [_part(*each) for each in still]}
    return rows if len(still) == 1 else {"totals_still_open": _totals(still), **rows}


def _row(history: MarketHistory, one: RoundTrip) -> dict[str, Any]:
    """A closed position as it is shown."""
    return {
        "closed_at": utc(one.closed or 0),
        "opened_at": utc(one.opened),
        "account_name": history.account,
        "connector_name": history.connector,
        "trading_pair": history.pair,
        "side": one.side,
        "size": plain(one.largest),
        "total_closed": None if one.exited == one.largest else plain(one.exited),
        "entry_price": money(one.entry),
        "exit_price": money(one.exit),
        **_result(history.quote, [one]),
    }


def _part(history: MarketHistory, one: RoundTrip) -> dict[str, Any]:
    """A position that is open, and of which a part was closed, as it is shown."""
    return {
        "opened_at": utc(one.opened),
        "last_reduced_at": utc(one.reduced or 0),
        "account_name": history.account,
        "connector_name": history.connector,
        "trading_pair": history.pair,
        "side": one.side,
        "closed": plain(one.exited),
        "still_open": plain(one.held),
        "entry_price": money(one.entry_of_closed),
        "exit_price": money(one.exit),
        **_result(history.quote, [one]),
    }


def _totals(told: Iterable[MarketRoundTrip]) -> dict[str, dict[str, Any]]:
    """By quote currency; of positions that are all closed, or all still open."""
    by_quote: dict[str, list[RoundTrip]] = {}
    for history, one in told:
        by_quote.setdefault(history.quote, []).append(one)
    totals = {}
    for quote, rounds in by_quote.items():
        sums = _counts(quote, rounds) | _result(quote, rounds)
        totals[quote] = {name: value for name, value in sums.items() if value is not None}
    return totals


def _counts(quote: str, rounds: list[RoundTrip]) -> dict[str, int]:
    if rounds[0].closed is None:
        return {"still_open": len(rounds)}
    nets = [_net(quote, one) for one in rounds]
    return {
        "closed": len(rounds),
        "net_wins": sum(net > 0 for net in nets),
        "net_losses": sum(net < 0 for net in nets),
    }


def _result(quote: str, rounds: list[RoundTrip]) -> dict[str, Any]:
    """What several positions came to; funding is None where none of theirs is recorded."""
    with localcontext(prec=DIGITS):
        changes = _other_currencies(quote, rounds)
        return {
            "realized_pnl": money(sum((one.realized for one in rounds), Decimal(0))),
            "fees": money(sum((one.fees_of_closed.get(quote, Decimal(0)) for one in rounds), Decimal(0))),
            "funding": None
            if all(one.funding is None for one in rounds)
            else money(sum(((one.funding or {}).get(quote, Decimal(0)) for one in rounds), Decimal(0))),
            "net_pnl": money(sum((_net(quote, one) for one in rounds), Decimal(0))),
            "other_currencies": ", ".join(f"{money(change):+f} {named(name)}" for name, change in changes.items())
            or None,
        }


def _net(quote: str, one: RoundTrip) -> Decimal:
    with localcontext(prec=DIGITS):
        return one.realized - one.fees_of_closed.get(quote, Decimal(0)) + (one.funding or {}).get(quote, Decimal(0))


def _other_currencies(quote: str, rounds: Iterable[RoundTrip]) -> dict[str, Decimal]:
    """What balances in other currencies changed by."""
    changes: dict[str, Decimal] = {}
    for one in rounds:
        for sign, paid in ((-1, one.fees_of_closed), (1, one.funding or {})):
            for name, amount in paid.items():
                if name != quote and amount:
                    changes[name] = changes.get(name, Decimal(0)) + sign * amount
    return changes
