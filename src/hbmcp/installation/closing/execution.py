"""Closing one position: an order that only reduces it, sent once, and what it came to.

The order is a market order with position action CLOSE, on the other side and of no more than the position's size. In
one-way mode the exchange takes it as reduce-only, in hedge mode it names the position that it works on: either way it
can't open one, also where the position shrinks or turns on the order's way to the exchange.
"""

from decimal import Decimal

from hbmcp.errors import CallError, Refused
from hbmcp.installation.closing.plan import ClosePlan, min_notional_note, plan_close, position_size
from hbmcp.installation.closing.reduction import WHOLE
from hbmcp.installation.closing.result import Closing, closing_error
from hbmcp.installation.fresh_checks import Checks, Stale, on_fresh_checks
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.polling import wait_for_outcome
from hbmcp.installation.orders.sending import Submission, send_order
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position, opposite
from hbmcp.store import SentOrder
from hbmcp.times import now


async def close(installation: Installation, position: Position, wait: float, fraction: Decimal = WHOLE) -> Closing:
    """Read the position, send the order for this fraction of it once, look for at most `wait` seconds what became of
    it, and read what is left.

    Raises what `plan_close` and `send_order` raise: nothing was placed, or OutcomeUnknown; Failed where the exchange
    refused the order, and OutcomeUnknown where nothing is seen of it. Uses submit_order, search_orders, get_trades,
    get_trading_rules and list_positions.
    """

    async def read_and_send(checks: Checks) -> tuple[ClosePlan, Submission]:
        plan = await plan_close(installation, position, fraction)
        return plan, await _send(installation, plan, checks)

    plan, sent = await on_fresh_checks(read_and_send)
    one = plan.position
    order = await wait_for_outcome(installation, sent.order_id, one.account, one.connector, wait, sent=sent.order)
    closing = await _with_what_is_left(installation, plan, order, sent.notes)
    if error := closing_error(closing, wait):
        raise error
    return closing


async def _send(installation: Installation, plan: ClosePlan, checks: Checks) -> Submission:
    one = plan.position
    order = SentOrder(
        account=one.account,
        connector=one.connector,
        pair=one.pair,
        side=plan.order.side,
        type="MARKET",
        amount=plan.order.amount,
        price=None,
        action="CLOSE",
        time=now(),
    )
    try:
        return await send_order(installation, order, checks)
    except Stale:
        raise
    except Refused as error:
        if why := min_notional_note(plan):
            raise Refused(error.happened, error.undone, f"{why} Add to the position, then close all of it.") from None
        raise


async def _with_what_is_left(
    installation: Installation, plan: ClosePlan, order: Order, notes: tuple[str, ...]
) -> Closing:
    one = plan.position
    try:
        listed = await listed_positions(installation, one.account, one.connector)
    except CallError as error:
        return Closing(plan, order, None, None, (*notes, f"What is left couldn't be read: {error.happened}"))
    left, against = (position_size(listed, one.pair, side) for side in (one.side, opposite(one.side)))
    return Closing(plan, order, left, against, notes)
