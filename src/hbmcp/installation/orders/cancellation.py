"""Cancelling an order: asking for it, looking whether it is gone, and telling what came of it."""

from collections.abc import Sequence

from hbmcp.errors import CallError, OutcomeUnknown, Refused
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fresh_checks import HELD_BACK
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.orders.polling import is_settled, wait_for_outcome
from hbmcp.installation.orders.replaced import COMING, last_in_its_place
from hbmcp.installation.orders.sending import NOT_PLACED
from hbmcp.installation.orders.view import progress
from hbmcp.installation.planned_request import PlannedRequest, Stake
from hbmcp.installation.positions.open_positions import surely_gone
from hbmcp.installation.positions.position import Side, closed_by
from hbmcp.text import named
from hbmcp_tools import trading

API_RECORD = "the API's record says"


async def order_to_cancel(
    installation: Installation, order_id: str, account_name: str | None, connector_name: str | None
) -> Order:
    """The order. One that can't be found may be on its exchange all the same: where that is named, it is asked, and the
    order's doubts say so. Raises Refused for one that nobody knows, CallError where it can't be looked for."""
    try:
        return await find_order(installation, order_id, account_name, connector_name)
    except CallError as error:
        if account_name is None or connector_name is None:
            raise
        return Order(order_id, account_name, connector_name, doubts=(error.happened,))


async def unprotecting(installation: Installation, orders: Sequence[Order]) -> list[bool]:
    """Of each whether it may protect what may still be open; a position is read once for all that would close of it.
    Uses list_positions, get_trades and get_prices. Raises nothing."""
    closed = [_closed(one) for one in orders]
    asked = list(dict.fromkeys(filter(None, closed)))
    answers = await together(surely_gone(installation, *one) for one in asked)
    gone = {position for position, answer in zip(asked, answers, strict=True) if answer is True}
    return [_may_protect(one) and position not in gone for one, position in zip(orders, closed, strict=True)]


def _may_protect(order: Order) -> bool:
    """The API doesn't say of an order whether it opens or closes: of one that was placed elsewhere nobody knows."""
    return order.protects or (order.action is None and is_perpetual(order.connector))


def _closed(order: Order) -> tuple[str, str, str, Side] | None:
    """The position that it would close, by account, exchange, pair and side; None where that can't be told."""
    if not _may_protect(order) or not (order.pair and order.side) or not is_perpetual(order.connector):
        return None
    return order.account, order.connector, order.pair, closed_by(order.side)


def planned_cancellation(order: Order, *, unprotects: bool) -> PlannedRequest:
    """The request that cancels it."""
    what = f"{named(order.side)} {progress(order)}, " if order.side else ""
    return PlannedRequest.of(
        "unprotects" if unprotects else "cancels",
        f"cancel order {named(order.order_id)} ({what}on {named(order.connector)}, account {named(order.account)})",
        Stake(
            account=order.account,
            exchange=order.connector,
            pair=order.pair,
            side=order.side,
            amount=order.amount,
            price=order.price,
        ),
        trading.submit_cancel,
        account_name=order.account,
        connector_name=order.connector,
        order_id=order.order_id or "",
    )


async def request_cancellation(installation: Installation, planned: PlannedRequest) -> CallError | None:
    """Why the API didn't take the cancellation, or what came instead of its answer. Uses submit_cancel. Raises a
    CallError where it wasn't asked."""
    try:
        await installation.send(planned)
    except HELD_BACK:
        raise
    except Refused as error:
        return error
    except NOT_PLACED:
        raise
    except CallError as error:
        return error
    return None


async def wait_for_end(installation: Installation, order: Order, wait: float) -> Order:
    """The order as soon as it has ended, or else as it is after `wait` seconds. Raises nothing."""
    return await wait_for_outcome(
        installation,
        order.order_id or "",
        order.account,
        order.connector,
        wait,
        created=order.created,
        enough=lambda now, before: now.ended and is_settled(now, before),
    )


def how_it_ended(order: Order) -> str:
    """Of an order that has ended, and where that was read."""
    if order.status == "FILLED":
        recorded = order.recorded is not None and order.recorded >= order.filled
        return f"It wasn't cancelled: it is filled, as {API_RECORD if recorded else 'its fills say'}."
    if order.status == "FAILED":
        return f"It wasn't cancelled: it was refused, as {API_RECORD}."
    return f"Cancelled, as {API_RECORD}; {progress(order)}."


async def ended_before(installation: Installation, order: Order) -> str:
    """Of an order that had ended before it was to be cancelled; see what_came. Raises nothing."""
    return f"Nothing was sent, it had ended before. {await what_came(installation, order)}"


async def what_came(installation: Installation, order: Order) -> str:
    """Of an order that has ended, and of what took its place, which may rest. Raises nothing."""
    said = how_it_ended(order)
    if (other := await last_in_its_place(installation, order)) is None:
        return said
    if not other:
        return f"{said} {COMING}"
    try:
        now = await find_order(installation, other, order.account, order.connector)
    except CallError as error:
        return f"{said} Order {named(other)} took its place, and couldn't be read: {error.happened}"
    return f"{said} Order {named(other)} took its place: {named(now.status)}, {progress(now)}."


def not_cancelled(after: Order, error: CallError) -> CallError:
    """The error for a cancellation that wasn't taken or answered, of an order that hasn't ended as far as is known."""
    shows = (
        "shows nothing of it" if after.status == UNKNOWN else f"still shows it {named(after.status)}, {progress(after)}"
    )
    if isinstance(error, Refused):
        if after.status == UNKNOWN:
            return error
        return Refused(
            f"{error.happened} It isn't cancelled: the API {shows}.",
            "",
            "If get_open_orders shows it too, it may have to be cancelled at the exchange itself.",
        )
    return OutcomeUnknown(
        f"Outcome unknown: {error.happened.removeprefix('Outcome unknown: ')}",
        f"The order may be cancelled or still be open: the API {shows}.",
        "get_order tells more; cancelling again does no harm.",
    )
