"""A portfolio over a period."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.times import now, to_milliseconds
from hbmcp.workflows import Answer, Installation
from hbmcp.workflows.accounts.connections import connections
from hbmcp.workflows.figures import money, percent
from hbmcp.workflows.portfolio.holdings import CURRENCY
from hbmcp.workflows.portfolio.performance import Part, Performance, performance
from hbmcp.workflows.portfolio.performance_flows import Explained, Flow, explain
from hbmcp.workflows.portfolio.performance_matching import Known
from hbmcp.workflows.portfolio.performance_reading import MINUTE, NEAR, current, known_trades, snapshots
from hbmcp.workflows.portfolio.performance_series import Place, Series, Snapshot, series
from hbmcp.workflows.trading.positions import is_perpetual

ZERO = Decimal(0)
HUNDRED = Decimal(100)
UNKNOWN_TRADES = "bots' trades, those by hand and those before the last 1000 aren't in get_trades"
_LENGTH = re.compile(r"[0-9.]+ ?[a-z]")


async def get_portfolio_performance(
    installation: Installation,
    *,
    period: str = "24h",
    end_time: str | None = None,
    account_name: str | None = None,
    connector_name: str | None = None,
) -> Answer:
    """What a portfolio, one account or one exchange of it, was worth and gained in a period that ends at `end_time` or
    now: `period` is its length, `7d`, or the time at which it begins.

    Values are in USDT, without unrealized P&L. They come from the snapshots that the API stores every five minutes,
    thinned out to at most 200, and the balances of now. The formulas are those of performance.py.

    - `change` of the value, and `change_percent` of that at the start, null where it is 0. `high` and `low` are of the
      value as it was, transfers in it.
    - `max_drawdown_percent`: the largest fall from a peak to a trough, without the effect of transfers.
    - `tokens`: change = from_units (bought, sold, transferred, at the price then) + from_price (of what was held).
    - `transfers`, if any: units that came or left (negative), and what fills don't explain of a token's units; an
      exchange that was connected or disconnected brings or takes all it holds. Then `profit` = change - transfers, and
      `return_percent`, time-weighted, is its rate.
    - `unproven`: the part of the profit that may be transfers, or the other way round, since fills can't tell.

    Raises BadArguments for times that don't fit, Refused where there are no snapshots, CallError.
    """
    start, end = _period(period, end_time)
    read = await snapshots(installation, start, end, account_name)
    notes = []
    if end >= now() - MINUTE:
        try:
            read.append(await current(installation, now(), account_name))
        except CallError as error:
            notes.append(f"The end is the last snapshot, for the balances of now couldn't be read: {error}")
    read = [one for one in (_narrowed(one, account_name, connector_name) for one in read) if one.places]
    if not read:
        raise await _nothing(installation, account_name, connector_name, start, end)
    found = series(read)
    if found.silent():
        found = series(read, await _gone(installation, found))
    known = await known_trades(installation, _moved(found), start)
    explained = explain(found, known)
    done = performance(found, explained.flows)
    return Answer(_shown(done, explained, start), (*notes, *_notes(found, explained, known)))


def _period(period: str, end_time: str | None) -> tuple[int, int]:
    """Epoch milliseconds of start and end. An age is a length here: 24h is the 24 hours before the end."""
    moment = now()
    end = moment if end_time is None else min(to_milliseconds(end_time), moment)
    start = to_milliseconds(period)
    if _LENGTH.fullmatch(period.strip()):
        start += end - moment
    if start >= end:
        raise BadArguments(
            f"The period would begin {_iso(start)} and end {_iso(end)}.", "Nothing was sent.", "Correct its times."
        )
    return start, end


def _narrowed(one: Snapshot, account_name: str | None, connector_name: str | None) -> Snapshot:
    places = {
        (account, connector): held
        for (account, connector), held in one.places.items()
        if account_name in (None, account) and connector_name in (None, connector)
    }
    return Snapshot(one.time, places)


def _moved(found: Series) -> list[Place]:
    """The places whose units changed: those whose trades matter."""
    return sorted({line.place for line in found.lines if len(set(line.units)) > 1})


async def _gone(installation: Installation, found: Series) -> set[Place]:
    """Those of the silent places that aren't connected any more."""
    try:
        connected = await connections(installation)
    except CallError:
        return set()
    return {one for one in found.silent() if one[0] not in connected.unread and one not in connected.pairs}


async def _nothing(
    installation: Installation, account_name: str | None, connector_name: str | None, start: int, end: int
) -> Refused:
    await connections(installation, account_name, connector_name)  # refuses names that aren't there
    return Refused(
        f"There are no balances from {_iso(start)} to {_iso(end)}.",
        "Nothing was computed.",
        "A snapshot is stored every five minutes since the API was set up and an exchange connected: ask for later.",
    )


def _shown(done: Performance, explained: Explained, start: int) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if done.start.time > start + NEAR:
        answer["data"] = f"begins {_iso(done.start.time)}, after the {_iso(start)} asked for"
    answer |= {
        "currency": CURRENCY,
        "change": _cents(done.change),
        "change_percent": percent(done.change, done.start.value),
    }
    moved = [flow for flow in explained.flows if flow.kind != "unproven"]
    if moved:
        answer |= {
            "transfers": _cents(done.transfers),
            "profit": _cents(done.profit),
            "return_percent": percent(done.return_percent, HUNDRED),
        }
    if len(moved) < len(explained.flows):
        answer["unproven"] = _cents(_value(flow for flow in explained.flows if flow.kind == "unproven"))
    answer["max_drawdown_percent"] = percent(done.drawdown.percent, HUNDRED)
    if done.drawdown.percent:
        answer |= {"peak_time": _iso(done.drawdown.peak), "trough_time": _iso(done.drawdown.trough)}
    return answer | {
        "values": [
            {"at": name, "time": _iso(point.time), "value": _cents(point.value)}
            for name, point in (("start", done.start), ("high", done.high), ("low", done.low), ("end", done.end))
        ],
        "tokens": [
            {
                "token": token,
                **_part(part),
                "from_units": _cents(part.from_units),
                "from_price": _cents(part.from_price),
            }
            for token, part in sorted(done.by_token.items(), key=lambda one: -abs(one[1].change))
            if part.start or part.end or part.change
        ],
        "exchanges": [
            {"account_name": place[0], "connector_name": place[1], **_part(part)}
            | ({"transfers": _cents(_value(flow for flow in moved if flow.place == place))} if moved else {})
            for place, part in sorted(done.by_place.items(), key=lambda one: -one[1].end)
        ],
        **({"flows": [_flow(flow) for flow in explained.flows]} if explained.flows else {}),
    }


def _part(part: Part) -> dict[str, Any]:
    return {"end": _cents(part.end), "change": _cents(part.change)}


def _flow(flow: Flow) -> dict[str, Any]:
    kind = ("deposit" if flow.units > 0 else "withdrawal") if flow.kind == "transfer" else flow.kind
    return {
        "kind": kind,
        "account_name": flow.place[0],
        "connector_name": flow.place[1],
        "token": flow.token,
        "units": money(flow.units),
        "value": _cents(flow.value),
        "after": _iso(flow.after),
        "until": _iso(flow.time),
    }


def _value(flows: Iterable[Flow]) -> Decimal:
    return sum((flow.value for flow in flows), ZERO)


def _cents(value: Decimal) -> Decimal:
    """To the cent, and below 1 as any money."""
    return money(round(value, 2)) if abs(value) >= 1 else money(value)


def _notes(found: Series, explained: Explained, known: dict[Place, Known]) -> Iterator[str]:
    if any(is_perpetual(connector) for _, connector in found.present):
        yield "Values are without unrealized P&L."
    if len(found.times) == 1:
        yield "There is a single snapshot in this period: nothing to compare it with."
    for place, time in found.silent().items():
        yield f"No balances of {_name(place)} since {_iso(time)}: those are counted on."
    for place in sorted({flow.place for flow in explained.flows if flow.kind == "unproven"}):
        why = known[place].why if place in known else ""
        yield f"unproven at {_name(place)}, profit or transfers: {why or UNKNOWN_TRADES}."
    if explained.outside:
        places = ", ".join(sorted({_name(place) for place, _ in explained.outside}))
        yield f"At {places} units moved as by trades that get_trades doesn't have (bots', or by hand): taken as such."
    unpriced = sorted({line.token for line in found.lines if not line.priced and any(line.units)})
    if unpriced:
        yield f"Without a price, counted as 0: {', '.join(unpriced)}."


def _name(place: Place) -> str:
    return f"{place[1]} ({place[0]})"


def _iso(time: int) -> str:
    return datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
