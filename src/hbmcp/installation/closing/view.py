"""How the closing of several positions is shown: before, after, and where there is nothing to close."""

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from attrs import evolve

from hbmcp.errors import NOTHING_SENT, CallError, OutcomeUnknown
from hbmcp.figures import money, worth
from hbmcp.installation.closing.plan import ClosePlan, min_notional_note
from hbmcp.installation.closing.pnl_threshold import PnlThreshold
from hbmcp.installation.closing.result import Closing, closing_notes, closing_row, net_pnl, net_pnl_note, realized_pnl
from hbmcp.installation.positions.open_positions import OpenPositions
from hbmcp.installation.positions.position import Basis, Position
from hbmcp.results.answer import Answer


def nothing_to_close(found: OpenPositions, kept: list[Position], threshold: PnlThreshold) -> Answer:
    """No position is to be closed."""
    if kept:
        none = "This position has no" if len(kept) == 1 else f"None of these {len(kept)} positions has a"
        said = f"{none} {threshold}. {NOTHING_SENT}"
        other = other_reading([], kept, threshold)
        return Answer({"result": said, "kept": list(map(_loss, kept))}, (other, *found.notes))
    said = "No open position matches." if found.asked else "No perpetual exchange could be asked."
    return Answer(f"{said} {NOTHING_SENT}", found.notes)


def closing_preview(
    found: OpenPositions,
    plans: list[tuple[Position, ClosePlan | CallError]],
    kept: list[Position],
    threshold: PnlThreshold,
    *,
    filtered: bool,
    below_1_percent: bool,
) -> Answer:
    """`would_close` has the orders that would be sent, `kept` the positions that would stay. Without a filter none
    would be."""
    sendable = [plan for _, plan in plans if isinstance(plan, ClosePlan)]
    orders = (
        "1 MARKET order that only reduces" if len(sendable) == 1 else f"{len(sendable)} MARKET orders that only reduce"
    )
    doubtful = threshold.doubtful and not below_1_percent
    lacking = "below_1_percent=true" if doubtful else "" if filtered else "a filter, or all=true,"
    needs = f" needs {lacking} too, and then" if lacking else ""
    said = (
        f"Preview, nothing was sent. preview=false{needs} would send {orders}; it chooses anew, by the figures of then."
    )
    said += f" {threshold.in_words}" if threshold.given else ""
    doubt = f"{threshold} is less than 1 %: is it meant?"
    value: dict[str, Any] = {"result": said, "would_close": [_before(*one) for one in plans]}
    if kept:
        value["kept"] = list(map(_loss, kept))
    other = other_reading([one for one, _ in plans], kept, threshold)
    notes = (doubt if doubtful else "", other, *map(min_notional_note, sendable), *found.notes)
    return Answer(value, tuple(filter(None, notes)))


def other_reading(chosen: Collection[Position], kept: Collection[Position], threshold: PnlThreshold) -> str:
    """How many would be chosen if the percents were meant of the other measure; "" without a threshold."""
    if not threshold.given:
        return ""
    of: Basis = "margin" if threshold.of == "entry" else "entry"
    other = evolve(threshold, of=of)
    more = sum(one in other for one in kept)
    fewer = sum(one not in other for one in chosen)
    counts = [f"{more} more would match" if more else "", f"{fewer} of these wouldn't" if fewer else ""]
    unknown = sum(one.percent_of(of) is None for one in (*chosen, *kept))
    untold = f"; of {unknown} that isn't known" if unknown else ""
    return f"In percent of {of} instead, {' and '.join(filter(None, counts)) or 'the same would match'}{untold}."


def closing_report(
    found: OpenPositions, closings: list[tuple[Position, Closing | CallError]], threshold: PnlThreshold | None = None
) -> Answer:
    """How many were closed, what that came to by currency, and one row a position."""
    done = [one for _, one in closings if isinstance(one, Closing)]
    whole = sum(one.order.filled == one.plan.position.amount for one in done)
    unknown = sum(isinstance(one, OutcomeUnknown) for _, one in closings)
    counts = {
        "closed": whole,
        "closed_in_part": len(done) - whole,
        "unknown": unknown,
        "not_closed": len(closings) - len(done) - unknown,
    }
    summary = {name: count for name, count in counts.items() if count or name == "closed"}
    notes = [f"{one.plan.position}: {said}" for one in done for said in (*closing_notes(one), *one.notes)]
    chosen = threshold.in_words if threshold else ""
    rows = [closing_row(one) if isinstance(one, Closing) else _failed(position, one) for position, one in closings]
    return Answer({**summary, **_sums(done), "positions": rows}, (chosen, *notes, net_pnl_note(done), *found.notes))


def _place(position: Position) -> dict[str, Any]:
    return {
        "account_name": position.account,
        "connector_name": position.connector,
        "trading_pair": position.pair,
        "side": position.side,
    }


def _loss(position: Position) -> dict[str, Any]:
    """A position with what a threshold can be of."""
    return _place(position) | {
        "unrealized_pnl": None if position.unrealized is None else worth(position.unrealized, position.quote),
        "pnl_percent_of_entry": position.percent_of("entry"),
        "pnl_percent_of_margin": position.percent_of("margin"),
        "leverage": position.leverage,
    }


def _before(position: Position, plan: ClosePlan | CallError) -> dict[str, Any]:
    """A position with the order that would be sent for it, or why none would."""
    if isinstance(plan, CallError):
        return _loss(position) | {"error": str(plan)}
    order = {"order": plan.order.side, "amount": plan.order.amount, "left": plan.order.rest or None}
    return _loss(position) | order


def _failed(position: Position, error: CallError) -> dict[str, Any]:
    status = "UNKNOWN" if isinstance(error, OutcomeUnknown) else "NOT_CLOSED"
    return _place(position) | {"status": status, "error": str(error)}


def _sums(done: Iterable[Closing]) -> dict[str, Decimal]:
    """realized_pnl, before fees, fee and net_pnl by currency, each where that of every closing is known."""
    sums: dict[str, Decimal | None] = {}

    def add(name: str, value: Decimal | None) -> None:
        before = sums.get(name, Decimal(0))
        sums[name] = None if before is None or value is None else before + value

    for one in done:
        quote = one.plan.position.quote
        add(f"realized_pnl_{quote}", realized_pnl(one))
        for currency, fee in one.order.fees.items() or [(quote, None)]:
            add(f"fee_{currency or quote}", fee if currency else None)
        add(f"net_pnl_{quote}", net_pnl(one))
    return {name: money(value) for name, value in sums.items() if value is not None}
