"""Closed perpetual positions, rebuilt from fills."""

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Any

from hbmcp.figures import money, plain
from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.installation.position_history.history import History, histories
from hbmcp.installation.position_history.notes import Told, notes
from hbmcp.installation.position_history.reading import Record, read
from hbmcp.installation.position_history.round_trip import DIGITS, Round
from hbmcp.installation.positions.open_positions import refuse_spot
from hbmcp.results.answer import Answer
from hbmcp.times import to_milliseconds, utc

NONE = "No perpetual position was closed whole in this period."


async def get_position_history(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    start_time: str = "30d",
    end_time: str | None = None,
    limit: int = 50,
) -> Answer:
    """One row for each position that was closed in the period, newest first, and totals by quote currency of all that
    were, also of those that `limit` cuts off. Those that were last reduced then, and are still open, have a table and
    totals of their own.

    size is the most that was held at once, total_closed all that was closed if that is more; entry_price and exit_price
    are averages. realized_pnl = what was received - what was paid (see round.py on FIFO and average cost);
    net_pnl = realized_pnl - fees + funding, in the quote currency. Fees and funding in another currency are in
    other_currencies, as changes of the balance, and not in net_pnl. A win's net_pnl is above 0, a loss's below.

    Of a position that is still open all figures are those of what was closed, by average cost: its fees are the closing
    ones and its share of the opening ones. Only funding, which can't be told apart, is that of all of it so far.

    Every fill up to now is read, whatever the period: positions are told by all that came before, and what is still
    held by the exchange's own list. Raises CallError where the fills can't be read.
    """
    refuse_spot(connector_name)
    record = await read(installation, account_name, connector_name, trading_pair)
    start, end = to_milliseconds(start_time), to_milliseconds(end_time)
    if not record.fills:
        await connections(installation, account_name, connector_name)  # raises Refused for a wrong name
        return Answer(_nothing(record, trading_pair))
    found = histories(record)
    reduced = [
        (history, one)
        for history in found
        if history.rounds is not None
        for one in (*history.rounds.closed, *history.rounds.open.values())
        if one.whole and one.reduced is not None and start <= one.reduced and (end is None or one.reduced <= end)
    ]
    reduced.sort(key=lambda each: (each[1].reduced or 0, each[1].opened), reverse=True)
    closed = [each for each in reduced if each[1].closed is not None]
    still = [each for each in reduced if each[1].closed is None]
    remarks = notes(record, found, reduced, start, end)
    if len(closed) > limit:
        remarks = (f"The newest {limit} of {len(closed)}; the totals are of all.", *remarks)
    value = _closed(closed, limit) | _still_open(still)
    if still:
        said = "Figures of still open ones are those of the closed part"
        whole = ", funding that of the whole position so far" if any(one.funding for _, one in still) else ""
        also = "; totals don't include them" if closed else ""
        remarks = (f"{said}{whole}{also}.", *remarks)
    return Answer(value if reduced else NONE, remarks)


def _closed(closed: list[Told], limit: int) -> dict[str, Any]:
    if not closed:
        return {"result": NONE}
    return {"totals": _totals(closed), "positions": [_row(*each) for each in closed[:limit]]}


def _still_open(still: list[Told]) -> dict[str, Any]:
    """Positions of which only a part was closed; their totals where there are several."""
    if not still:
        return {}
    rows = {"partly_closed_still_open": [_part(*each) for each in still]}
    return rows if len(still) == 1 else {"totals_still_open": _totals(still), **rows}


def _nothing(record: Record, trading_pair: str | None) -> str:
    """That there are no fills, as far as is known."""
    what = f"No fills{f' of {trading_pair}' if trading_pair else ''} on perpetual exchanges are"
    if record.complete:
        return f"{what} recorded."
    return f"{what} among the latest that could be read: connector_name reaches further back."


def _row(history: History, one: Round) -> dict[str, Any]:
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


def _part(history: History, one: Round) -> dict[str, Any]:
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


def _totals(told: Iterable[Told]) -> dict[str, dict[str, Any]]:
    """By quote currency; of positions that are all closed, or all still open."""
    by_quote: dict[str, list[Round]] = {}
    for history, one in told:
        by_quote.setdefault(history.quote, []).append(one)
    totals = {}
    for quote, rounds in by_quote.items():
        sums = _counts(quote, rounds) | _result(quote, rounds)
        totals[quote] = {name: value for name, value in sums.items() if value is not None}
    return totals


def _counts(quote: str, rounds: list[Round]) -> dict[str, int]:
    if rounds[0].closed is None:
        return {"still_open": len(rounds)}
    nets = [_net(quote, one) for one in rounds]
    return {"closed": len(rounds), "wins": sum(net > 0 for net in nets), "losses": sum(net < 0 for net in nets)}


def _result(quote: str, rounds: list[Round]) -> dict[str, Any]:
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
            "other_currencies": ", ".join(f"{money(change):+f} {name}" for name, change in changes.items()) or None,
        }


def _net(quote: str, one: Round) -> Decimal:
    with localcontext(prec=DIGITS):
        return one.realized - one.fees_of_closed.get(quote, Decimal(0)) + (one.funding or {}).get(quote, Decimal(0))


def _other_currencies(quote: str, rounds: Iterable[Round]) -> dict[str, Decimal]:
    """What balances in other currencies changed by."""
    changes: dict[str, Decimal] = {}
    for one in rounds:
        for sign, paid in ((-1, one.fees_of_closed), (1, one.funding or {})):
            for name, amount in paid.items():
                if name != quote and amount:
                    changes[name] = changes.get(name, Decimal(0)) + sign * amount
    return changes
