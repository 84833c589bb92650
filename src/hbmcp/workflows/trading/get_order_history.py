"""Orders of any status, newest first: the API's records, their fills, and what hbmcp remembers of what it sent."""

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import pair_if_asked
from hbmcp.installation.orders.history import OrderFilter, order_history
from hbmcp.installation.orders.view import KNOWN_ORDERS, order_row, short_records_note, worth_note
from hbmcp.results.answer import Answer
from hbmcp.times import to_milliseconds, utc

MOST = 1000  # rows of one answer, the most that limit takes


async def get_order_history(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    status: str | None = None,
    start_time: str | None = None,
    end_time: str | None = None,
    limit: int = 50,
) -> Answer:
    """One row an order, newest first. Status UNKNOWN: hbmcp sent it, and nobody knows what became of it.

    Filters mean what was asked for, also of an order that was refused, of which the API forgets it; `status` is that
    which the fills prove. Notes give the window and since when there are records, name orders whose record tells less
    than their fills, and say where the list ends though there may be more. Raises Refused for an account that isn't
    there or not connected.
    """
    trading_pair = await pair_if_asked(installation, connector_name, trading_pair)
    if account_name or connector_name:
        await connections(installation, account_name, connector_name)
    start, end = to_milliseconds(start_time), to_milliseconds(end_time)
    wanted = OrderFilter(account_name, connector_name, trading_pair, status, start, end, limit)
    found = await order_history(installation, wanted)
    notes = [found.window, short_records_note(found.orders), *found.notes]
    notes.append(worth_note(fill for one in found.orders for fill in one.fills))
    if found.ends is not None:
        ways = "narrow, raise limit, or" if limit < MOST else "narrow, or"
        notes.append(f"Older ones may be missing: {ways} give end_time={utc(found.ends)}.")
    return Answer([order_row(one) for one in found.orders] or f"No orders match. {KNOWN_ORDERS}", tuple(notes))
