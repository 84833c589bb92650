"""How a portfolio's performance is told: figures, tables, and what they don't know."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import Refused
from hbmcp.figures import cents, money, percent
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.performance.cash_flows import CashFlow, CashFlows
from hbmcp.installation.performance.gain_and_drawdown import Performance, ValueChange
from hbmcp.installation.performance.reading import NEAR
from hbmcp.installation.performance.snapshot_series import ZERO, Place, Snapshot, SnapshotSeries
from hbmcp.installation.performance.trade_matching import KnownTrades
from hbmcp.installation.performance.unrealized_change import UnrealizedChange
from hbmcp.installation.portfolio.holdings import CURRENCY
from hbmcp.installation.portfolio.unrealized_pnl import balance_includes_pnl
from hbmcp.text import named
from hbmcp.times import duration, utc

Row = dict[str, Any]

HUNDRED = Decimal(100)
UNKNOWN_TRADES = "bots' trades, those by hand and those before the last 1000 aren't in get_trades"
UNKNOWN_PROFIT = "unrealized P&L is in the balance, and what it was then isn't known"


def performance_tables(
    done: Performance, explained: CashFlows, unrealized: UnrealizedChange, start: int, end: int
) -> Row:
    """Figures of a period that was to be from `start` to `end`, and its tables; what a table repeats is left out."""
    flows = explained.flows
    moved = [flow for flow in flows if flow.kind != "unproven"]
    covered, asked = duration(done.end.time - done.start.time), duration(end - start)
    partly = {"covers": f"{covered} of the {asked}", "data_begins": utc(done.start.time)}
    answer: Row = partly if done.start.time > start + NEAR else {}
    answer |= {
        "currency": CURRENCY,
        "change": cents(done.change),
        "change_percent": percent(done.change, done.start.value),
        **_unrealized(done.change, unrealized),
    }
    if moved:
        answer |= {
            "transfers": cents(done.transfers),
            "profit": cents(done.profit),
            **_with("profit", done.profit, unrealized),
            "return_percent": percent(done.return_percent, HUNDRED),
        }
    if len(moved) < len(flows):
        answer["profit_or_transfers"] = cents(_value(flow for flow in flows if flow.kind == "unproven"))
    answer["max_drawdown_percent"] = percent(done.drawdown.percent, HUNDRED)
    return answer | {
        "values": _values(done),
        "tokens": _tokens(done),
        "exchanges": [
            {"account_name": place[0], "connector_name": place[1], **_part(part)}
            | {"transfers": cents(_value(flow for flow in moved if flow.place == place)) or None}
            for place, part in sorted(done.by_place.items(), key=lambda one: -one[1].end)
        ],
        **({"flows": _flows(flows)} if flows else {}),
    }


def performance_notes(
    found: SnapshotSeries, explained: CashFlows, known: Mapping[Place, KnownTrades], unrealized: UnrealizedChange
) -> Iterator[str]:
    """What is to be said under the figures."""
    yield unrealized_pnl_note(found)
    if unrealized.change:
        yield "change counts gains and losses when they are realized, change_with_unrealized when they arise."
    elif unrealized.why:
        yield (
            f"Unrealized P&L of then isn't known: {unrealized.why}. So a loss that is older than the period and was "
            "realized in it counts in change."
        )
    for place, time in found.silent().items():
        yield f"No balances of {_name(place)} since {utc(time)}: those are counted on."
    for place in sorted({flow.place for flow in explained.flows if flow.kind == "unproven"}):
        trades = known.get(place, KnownTrades())
        why = trades.why or (UNKNOWN_PROFIT if trades.profit else UNKNOWN_TRADES)
        yield f"At {_name(place)} profit can't be told from transfers: {why}."
    if explained.outside:
        places = ", ".join(sorted({_name(place) for place, _ in explained.outside}))
        yield f"At {places} units moved as by trades that get_trades doesn't have (bots', or by hand): taken as such."
    unpriced = sorted({line.token for line in found.lines if not line.priced and any(line.units)})
    if unpriced:
        yield f"Without a price, counted as 0: {', '.join(map(named, unpriced))}."


def unrealized_pnl_note(found: SnapshotSeries) -> str:
    """Whether unrealized P&L is in the values; nothing where there can't be any."""
    perpetual = {connector for _, connector in found.present if is_perpetual(connector)}
    within = sorted(filter(balance_includes_pnl, perpetual))
    if not perpetual:
        return ""
    if len(within) == len(perpetual):
        return "Values include unrealized P&L."
    but = f", except at {', '.join(map(named, within))}" if within else ""
    return f"Values are without unrealized P&L{but}; equity in get_portfolio_balances has it."


def single_value(found: SnapshotSeries, start: int, end: int, asked: int | None, earlier: Collection[Snapshot]) -> str:
    """What there is to say of a single time in the period: it is that of now if it is `asked`. `earlier` are snapshots
    from before the period."""
    [time], [value] = found.times, found.values
    worth = f"{cents(value):f} {CURRENCY}"
    if time != asked:
        only = f"from {utc(start)} to {utc(end)} there is one snapshot"
        return f"Nothing to compare: {only}, of {utc(time)}, with a value of {worth}."
    if earlier:
        last = max(one.time for one in earlier)
        why = f"no snapshot is stored from {utc(start)} on, and the last one before is of {utc(last)}"
    else:
        why = "the API stores a snapshot every five minutes, and has none yet"
    known = "get_fees has the fees of the period, get_position_history what was realized"
    return f"Nothing to compare yet: {why}. The value now is {worth}; {known}."


def no_snapshots(start: int, end: int) -> Refused:
    """The error for a period without any."""
    return Refused(
        f"There are no balances from {utc(start)} to {utc(end)}.",
        "Nothing was computed.",
        "A snapshot is stored every five minutes since the API was set up and an exchange connected: ask for later.",
    )


def _unrealized(change: Decimal, found: UnrealizedChange) -> Row:
    """Nothing where none was open."""
    if not found.start and not found.end and not found.why:
        return {}
    known = {"at_start": found.start, "at_end": found.end}
    told = {f"unrealized_pnl_{name}": None if value is None else cents(value) for name, value in known.items()}
    return told | _with("change", change, found)


def _with(name: str, value: Decimal, found: UnrealizedChange) -> Row:
    return {f"{name}_with_unrealized": cents(value + found.change)} if found.change else {}


def _values(done: Performance) -> list[Row]:
    """In order of time; a time that is several of them is one row, `highest,end`."""
    values = {point.time: point.value for point in done.points}
    times = {"start": done.start.time, "highest": done.high.time, "lowest": done.low.time}
    if done.drawdown.percent:
        times |= {"drawdown_begin": done.drawdown.peak, "drawdown_end": done.drawdown.trough}
    times["end"] = done.end.time

    def names(time: int) -> str:
        return ",".join(name for name, at in times.items() if at == time)

    return [
        {"moment": names(time), "time": utc(time), "value": cents(value)}
        for time, value in values.items()
        if time in times.values()
    ]


def _tokens(done: Performance) -> list[Row]:
    """Those that changed most first. Where all change is from prices, it isn't taken apart."""
    parts = sorted(done.by_token.items(), key=lambda one: -abs(one[1].change))
    shown = [(token, part) for token, part in parts if part.start or part.end or part.change]
    moved = any(part.from_units for _, part in shown)
    return [
        {"token": token, **_part(part)}
        | ({"change_by_amount": cents(part.from_units), "change_by_price": cents(part.from_price)} if moved else {})
        for token, part in shown
    ]


def _part(part: ValueChange) -> Row:
    return {"value_at_end": cents(part.end), "change": cents(part.change)}


def _flows(flows: Iterable[CashFlow]) -> list[Row]:
    """Without their value where it is their units."""
    rows = [_flow(flow) for flow in flows]
    if all(row["value"] == row["units"] for row in rows):
        rows = [{name: cell for name, cell in row.items() if name != "value"} for row in rows]
    return rows


def _flow(flow: CashFlow) -> Row:
    kind: str = flow.kind
    if kind == "transfer":
        kind = "deposit" if flow.units > 0 else "withdrawal"
    elif kind == "unproven":
        kind = "profit or transfer"
    return {
        "kind": kind,
        "account_name": flow.place[0],
        "connector_name": flow.place[1],
        "token": flow.token,
        "units": money(flow.units),
        "value": cents(flow.value),
        "after": utc(flow.after),
        "until": utc(flow.time),
    }


def _value(flows: Iterable[CashFlow]) -> Decimal:
    return sum((flow.value for flow in flows), ZERO)


def _name(place: Place) -> str:
    return f"{named(place[1])} ({named(place[0])})"
