"""How the closing of several positions is shown: before, after, and where there is nothing to close."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import CallError, OutcomeUnknown
from hbmcp.workflows import Answer
from hbmcp.workflows.figures import money
from hbmcp.workflows.trading.closed import Closing, realized, remarks, row
from hbmcp.workflows.trading.planning import UNSENT, Plan, hindrance
from hbmcp.workflows.trading.position import Position
from hbmcp.workflows.trading.positions import Positions
from hbmcp.workflows.trading.thresholds import Threshold


def untouched(found: Positions, kept: list[Position], threshold: Threshold) -> Answer:
    """No position is to be closed."""
    if kept:
        said = f"None of these {len(kept)} has a {threshold}. {UNSENT}"
        return Answer({"result": said, "kept": _kept(kept, threshold)}, found.notes)
    said = "No open position matches." if found.asked else "No perpetual exchange could be asked."
    return Answer(f"{said} {UNSENT}", found.notes)


def preview(
    found: Positions, plans: list[tuple[Position, Plan | CallError]], kept: list[Position], threshold: Threshold
) -> Answer:
    """`would_close` has the orders that would be sent, `kept` the positions that would stay."""
    sendable = [plan for _, plan in plans if isinstance(plan, Plan)]
    said = f"Dry run, nothing was sent. dry_run=false would send {len(sendable)} MARKET orders that only reduce."
    value: dict[str, Any] = {"result": said, "would_close": [_before(*one, threshold) for one in plans]}
    if kept:
        value["kept"] = _kept(kept, threshold)
    return Answer(value, (*filter(None, map(hindrance, sendable)), *found.notes))


def report(found: Positions, closings: list[tuple[Position, Closing | CallError]]) -> Answer:
    """How many were closed, the realized P&L by currency, and one row a position."""
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
    notes = [f"{one.plan.position}: {said}" for one in done for said in (*remarks(one), *one.notes)]
    rows = [row(one) if isinstance(one, Closing) else _failed(position, one) for position, one in closings]
    return Answer({**summary, **_realized(done), "positions": rows}, (*notes, *found.notes))


def _place(position: Position) -> dict[str, Any]:
    return {
        "account_name": position.account,
        "connector_name": position.connector,
        "trading_pair": position.pair,
        "side": position.side,
    }


def _percent(position: Position, threshold: Threshold) -> dict[str, Any]:
    return {f"pnl_percent_of_{threshold.of}": position.percent_of(threshold.of)}


def _kept(kept: Iterable[Position], threshold: Threshold) -> list[dict[str, Any]]:
    return [_place(one) | _percent(one, threshold) for one in kept]


def _before(position: Position, plan: Plan | CallError, threshold: Threshold) -> dict[str, Any]:
    """A position with the order that would be sent for it, or why none would."""
    shown = _place(position) | {"unrealized_pnl": position.unrealized} | _percent(position, threshold)
    if isinstance(plan, CallError):
        return shown | {"error": str(plan)}
    return shown | {"order": plan.order.side, "amount": plan.order.amount, "left": plan.order.rest or None}


def _failed(position: Position, error: CallError) -> dict[str, Any]:
    status = "UNKNOWN" if isinstance(error, OutcomeUnknown) else "NOT_CLOSED"
    return _place(position) | {"status": status, "error": str(error)}


def _realized(done: Iterable[Closing]) -> Mapping[str, Decimal]:
    """The realized P&L by quote currency, without fees, where that of every closing is known."""
    sums: dict[str, Decimal | None] = {}
    for one in done:
        before, pnl = sums.get(one.plan.position.quote, Decimal(0)), realized(one)
        sums[one.plan.position.quote] = None if before is None or pnl is None else before + pnl
    return {f"realized_pnl_{quote}": money(value) for quote, value in sums.items() if value is not None}
