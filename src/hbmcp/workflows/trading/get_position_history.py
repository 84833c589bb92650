"""Closed perpetual positions, rebuilt from fills."""

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import pair_if_asked
from hbmcp.installation.position_history.history import market_histories, reduced_between
from hbmcp.installation.position_history.notes import history_notes
from hbmcp.installation.position_history.reading import read_trading_record
from hbmcp.installation.position_history.view import no_fills, position_tables, table_notes
from hbmcp.installation.positions.open_positions import refuse_spot
from hbmcp.results.answer import Answer
from hbmcp.times import to_milliseconds


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
    are averages. realized_pnl = what was received - what was paid (see round_trip.py on FIFO and average cost);
    net_pnl = realized_pnl - fees + funding, in the quote currency. Fees and funding in another currency are in
    other_currencies, as changes of the balance, and not in net_pnl. A win's net_pnl is above 0, a loss's below.

    Of a position that is still open all figures are those of what was closed, by average cost: its fees are the closing
    ones and its share of the opening ones. Only funding, which can't be told apart, is that of all of it so far.

    Every fill up to now is read, whatever the period: positions are told by all that came before, and what is still
    held by the exchange's own list. Raises CallError where the fills can't be read.
    """
    refuse_spot(connector_name)
    trading_pair = await pair_if_asked(installation, connector_name, trading_pair)
    record = await read_trading_record(installation, account_name, connector_name, trading_pair)
    start, end = to_milliseconds(start_time), to_milliseconds(end_time)
    if not record.fills:
        await connections(installation, account_name, connector_name)  # raises Refused for a wrong name
        return Answer(no_fills(record, trading_pair))
    found = market_histories(record)
    reduced = reduced_between(found, start, end)
    remarks = (*table_notes(reduced, limit), *history_notes(record, found, reduced, start, end))
    return Answer(position_tables(reduced, limit), remarks)
