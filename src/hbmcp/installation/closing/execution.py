"""Closing one position: an order that only reduces it, sent once, and what it came to.

The order is a market order with position action CLOSE, on the other side and of no more than the position's size. In
one-way mode the exchange takes it as reduce-only, in hedge mode it names the position that it works on: either way it
can't open one, also where the position shrinks or turns on the order's way to the exchange.
"""

from hbmcp.errors import CallError
from hbmcp.installation.closing.plan import Plan, size
from hbmcp.installation.closing.result import Closing
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.polling import outcome
from hbmcp.installation.orders.sending import send
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import opposite
from hbmcp.store import SentOrder
from hbmcp.times import now


async def carried_out(installation: Installation, plan: Plan, wait: float) -> Closing:
    """Send the order once, look for at most `wait` seconds what became of it, and read what is left.

    Raises what `send` raises: nothing was placed, or OutcomeUnknown. Uses submit_order, search_orders, get_trades and
    list_positions.
    """
    one = plan.position
    sent = await send(
        installation,
        SentOrder(
            account=one.account,
            connector=one.connector,
            pair=one.pair,
            side=plan.order.side,
            type="MARKET",
            amount=plan.order.amount,
            price=None,
            action="CLOSE",
            time=now(),
        ),
    )
    order = await outcome(installation, sent.order_id, one.account, one.connector, wait, sent=sent.order)
    try:
        listed = await listed_positions(installation, one.account, one.connector)
    except CallError as error:
        return Closing(plan, order, None, None, (*sent.notes, f"What is left couldn't be read: {error.happened}"))
    left, against = (size(listed, one.pair, side) for side in (one.side, opposite(one.side)))
    return Closing(plan, order, left, against, sent.notes)
