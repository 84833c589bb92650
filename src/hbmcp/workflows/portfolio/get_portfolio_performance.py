"""A portfolio over a period."""

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.performance.cash_flows import cash_flows
from hbmcp.installation.performance.gain_and_drawdown import performance
from hbmcp.installation.performance.period import parse_period
from hbmcp.installation.performance.reading import disconnected_places, known_trades, period_snapshots, snapshots_before
from hbmcp.installation.performance.snapshot_series import snapshot_series
from hbmcp.installation.performance.unrealized_change import unrealized_change
from hbmcp.installation.performance.view import (
    no_snapshots,
    performance_notes,
    performance_tables,
    single_value,
    unrealized_pnl_note,
)
from hbmcp.results.answer import Answer
from hummingbot_api.request import Json


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
    of performance/gain_and_drawdown.py.

    - `covers`, `data_begins`: how much of the period there are snapshots of, and the time of the first, where that is
      later than the period's begin.
    - `change` of the value, and `change_percent` of that at the start, null where it is 0. `highest` and `lowest` are
      of the value as it was, transfers in it.
    - `unrealized_pnl_at_start`, `unrealized_pnl_at_end`: where it isn't in the value and something was open; with its
      change in it, `change_with_unrealized`, and `profit_with_unrealized` beside `profit`. Null where it isn't known.
    - `max_drawdown_percent`: the largest fall, without the effect of transfers.
    - `tokens`: change = change_by_amount (bought, sold, gained on perpetuals, transferred, at the price then) +
      change_by_price (of what was held), where it isn't all by price.
    - `transfers`, if any: units that came or left (negative), and what fills don't explain of a token's units; an
      exchange that was connected or disconnected brings or takes all it holds. Then `profit` = change - transfers, and
      `return_percent`, time-weighted, is its rate.
    - `profit_or_transfers`: the part of the profit that may be transfers, or the other way round, since fills
      can't tell.

    Where there are no two snapshots, it is a sentence with the value. Raises BadArguments for times that don't fit,
    Refused where there are no snapshots, CallError.
    """
    start, end = parse_period(period, end_time)
    read = await period_snapshots(installation, start, end, account_name, connector_name)
    if not read.rows:
        await connections(installation, account_name, connector_name)  # raises Refused for a wrong name
        raise no_snapshots(start, end)
    found = snapshot_series(read.rows)
    if len(read.rows) == 1:
        before = await snapshots_before(installation, start, account_name, connector_name) if read.only_now else []
        return _answer(single_value(found, start, end, read.asked, before), unrealized_pnl_note(found), read.failed)
    found = snapshot_series(read.rows, await disconnected_places(installation, found))
    known, unrealized = await all_of(
        known_trades(installation, found.moved(), start, read.asked),
        unrealized_change(
            installation, found.present, found.times[0], found.times[-1], ends_now=read.asked is not None
        ),
    )
    explained = cash_flows(found, known)
    done = performance(found, explained.flows)
    tables = performance_tables(done, explained, unrealized, start, end)
    return _answer(tables, read.failed, *performance_notes(found, explained, known, unrealized))


def _answer(value: Json, *said: str) -> Answer:
    return Answer(value, tuple(filter(None, said)))
