"""The orders that rest, from both of the API's sources."""

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.orders.open_orders import open_orders
from hbmcp.installation.orders.view import KNOWN_ORDERS
from hbmcp.installation.triggers.still_acting import still_acting
from hbmcp.results.answer import Answer


async def get_open_orders(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> Answer:
    """One row an order, newest first, with `age` (at most so much where only orders/active has it, whose times can be
    early). It `rests`: "yes" where orders/active has it, "recorded" where only orders/search does, "not_yet" where it
    is only submitted. Said is what may place more: executors, triggers.

    An order whose fills add up to all of it isn't open. Raises Refused for an account that isn't there or
    not connected, and CallError where no source can be read.
    """
    if account_name or connector_name:
        await connections(installation, account_name, connector_name)
    found, acting = await all_of(
        open_orders(installation, account_name, connector_name, trading_pair),
        still_acting(installation, account_name, connector_name, trading_pair),
    )
    said = f"No open orders seen. {KNOWN_ORDERS}"
    return Answer(list(found.rows) or said, (*found.notes, *acting))
