"""Closing one position: an order that only reduces it, sent once, and what it came to.

The order is a market order with position action CLOSE, on the other side and of no more than the position's size as
it was just read, and fills at once. Where it is surely reduce-only (see reduce_only) it can't open one, also where the
position shrinks or turns on the order's way to the exchange.
"""

from hbmcp.errors import NOTHING_SENT, CallError, Refused
from hbmcp.installation.closing.plan import ClosePlan, min_notional_note, plan_again, position_size
from hbmcp.installation.closing.pnl_threshold import ANY_PNL, PnlThreshold
from hbmcp.installation.closing.result import Closing, closing_error
from hbmcp.installation.fresh_checks import HELD_BACK, Stale
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.closing_orders import left_to_open
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.polling import wait_for_outcome
from hbmcp.installation.orders.sending import Submission, send_order
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import opposite


async def close(installation: Installation, plan: ClosePlan, wait: float, threshold: PnlThreshold = ANY_PNL) -> Closing:
    """Send the planned order once, look for at most `wait` seconds what became of it, and read what is left. Where the
    position was read too long ago it is read again first: Refused where its P&L isn't beyond the threshold any more.

    Raises what `plan_close` and `send_order` raise: nothing was placed, or OutcomeUnknown; Failed where the exchange
    refused the order, and OutcomeUnknown where nothing is seen of it. Uses submit_order, search_orders, get_trades,
    get_trading_rules, list_positions, list_active_orders and get_position_mode.
    """
    try:
        sent = await _send(installation, plan, plan.began)
    except Stale:
        plan = await plan_again(installation, plan)
        refuse_outside(plan, threshold)
        sent = await _send(installation, plan)
    one = plan.position
    order = await wait_for_outcome(installation, sent.order_id, one.account, one.connector, wait, sent=sent.order)
    closing = await _with_what_is_left(installation, plan, order, sent.notes)
    if error := closing_error(closing, wait):
        raise error
    return closing


def refuse_outside(plan: ClosePlan, threshold: PnlThreshold) -> None:
    """Raises Refused where the position, as it was read now, isn't beyond the threshold by which it was chosen."""
    if plan.position.unrealized is not None and plan.position not in threshold:
        raise Refused(f"{plan.position} has no {threshold} any more.", NOTHING_SENT, "get_positions shows it.")


async def _send(installation: Installation, plan: ClosePlan, began: float | None = None) -> Submission:
    try:
        return await send_order(installation, plan.planned, began=began)
    except HELD_BACK:
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
    rests = await left_to_open(installation, one.account, one.connector, one.pair, one.side, left)
    return Closing(plan, order, left, against, (*notes, *filter(None, [rests])))
