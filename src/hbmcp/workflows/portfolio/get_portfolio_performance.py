"""A portfolio over a period."""

import re

from hbmcp.errors import BadArguments, CallError, Refused
from hbmcp.figures import cents
from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.installation.performance.cash_flows import explain
from hbmcp.installation.performance.figures import performance
from hbmcp.installation.performance.reading import MINUTE, current, known_trades, snapshots, snapshots_before
from hbmcp.installation.performance.snapshot_series import Place, Series, Snapshot, series
from hbmcp.installation.performance.view import notes, profit_note, tables
from hbmcp.installation.portfolio.holdings import CURRENCY
from hbmcp.results.answer import Answer
from hbmcp.times import now, to_milliseconds, utc
from hummingbot_api.request import Json

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

    Values are in USDT, without unrealized P&L unless the exchange's balance contains it. They come from the snapshots
    that the API stores every five minutes, thinned out to at most 200, and the balances of now. The formulas are those
    of performance.py.

    - `data_begins`: the time of the first snapshot, where it is later than the period's begin.
    - `change` of the value, and `change_percent` of that at the start, null where it is 0. `high` and `low` are of the
      value as it was, transfers in it.
    - `max_drawdown_percent`: the largest fall from a `peak` to a `trough`, without the effect of transfers.
    - `tokens`: change = from_units (bought, sold, gained on perpetuals, transferred, at the price then) + from_price
      (of what was held; told where it isn't all of the change).
    - `transfers`, if any: units that came or left (negative), and what fills don't explain of a token's units; an
      exchange that was connected or disconnected brings or takes all it holds. Then `profit` = change - transfers, and
      `return_percent`, time-weighted, is its rate.
    - `unproven`: the part of the profit that may be transfers, or the other way round, since fills can't tell.

    Where there are no two snapshots, it is a sentence with the value. Raises BadArguments for times that don't fit,
    Refused where there are no snapshots, CallError.
    """
    start, end = _period(period, end_time)
    read = await snapshots(installation, start, end, account_name)
    failed, asked = "", None
    if end >= now() - MINUTE:
        try:
            read.append(await current(installation, now(), account_name))
            asked = read[-1].time
        except CallError as error:
            failed = f"The end is the last snapshot, for the balances of now couldn't be read: {error}"
    read = _narrowed(read, account_name, connector_name)
    if not read:
        raise await _nothing(installation, account_name, connector_name, start, end)
    found = series(read)
    if len(read) == 1:
        earlier = []
        if read[0].time == asked:
            earlier = _narrowed(await snapshots_before(installation, start, account_name), account_name, connector_name)
        return _answer(_alone(found, start, end, asked, earlier), profit_note(found), failed)
    if found.silent():
        found = series(read, await _gone(installation, found))
    known = await known_trades(installation, _moved(found), start, asked)
    explained = explain(found, known)
    done = performance(found, explained.flows)
    return _answer(tables(done, explained, start), failed, *notes(found, explained, known))


def _answer(value: Json, *said: str) -> Answer:
    return Answer(value, tuple(filter(None, said)))


def _period(period: str, end_time: str | None) -> tuple[int, int]:
    """Epoch milliseconds of start and end. An age is a length here: 24h is the 24 hours before the end."""
    moment = now()
    end = moment if end_time is None else min(to_milliseconds(end_time), moment)
    start = to_milliseconds(period)
    if _LENGTH.fullmatch(period.strip()):
        start += end - moment
    if start >= end:
        raise BadArguments(
            f"The period would begin {utc(start)} and end {utc(end)}.", "Nothing was sent.", "Correct its times."
        )
    return start, end


def _narrowed(read: list[Snapshot], account_name: str | None, connector_name: str | None) -> list[Snapshot]:
    """To an account and an exchange; those that have nothing of them are left out."""
    found = []
    for one in read:
        places = {
            (account, connector): held
            for (account, connector), held in one.places.items()
            if account_name in (None, account) and connector_name in (None, connector)
        }
        if places:
            found.append(Snapshot(one.time, places))
    return found


def _alone(found: Series, start: int, end: int, asked: int | None, earlier: list[Snapshot]) -> str:
    """What there is to say of a single time: it is that of now if it is `asked`."""
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
    return f"Nothing to compare yet: {why}. The value now is {worth}."


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
        f"There are no balances from {utc(start)} to {utc(end)}.",
        "Nothing was computed.",
        "A snapshot is stored every five minutes since the API was set up and an exchange connected: ask for later.",
    )
