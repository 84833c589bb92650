"""Cancelling an order, and telling whether it is gone."""

from decimal import Decimal

from hbmcp.errors import CallError, OutcomeUnknown, Refused
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.lookup import find
from hbmcp.installation.orders.order import UNKNOWN, Order
from hbmcp.installation.orders.polling import outcome, settled
from hbmcp.installation.orders.sending import NOT_PLACED
from hbmcp.installation.orders.view import news, progress, unseen
from hbmcp.results.answer import Answer
from hbmcp_tools import trading


async def cancel_order(
    installation: Installation,
    *,
    order_id: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    wait: Decimal = Decimal(3),
) -> Answer:
    """Ask the exchange to cancel an order, and look for up to `wait` seconds whether it is gone.

    An object: `result` in words, the order, and what had filled. One that has ended isn't cancelled
    again. Raises Refused for an order that nobody knows or that the API can't cancel, OutcomeUnknown where the
    cancellation was sent, wasn't answered and shows no effect.
    """
    asked = {"order_id": order_id, "account_name": account_name, "connector_name": connector_name}
    order = await _found(installation, order_id, account_name, connector_name)
    if order.ended:
        return Answer(news(f"Nothing was sent, it had ended before. {_end(order)}", order, asked), order.doubts)
    refused = await _asked(installation, order)
    seconds = float(wait)
    if not seconds and refused is None:
        return Answer(unseen("Asked to cancel, not looked at: get_order tells more.", order, asked), order.doubts)
    after = await outcome(
        installation, order.order_id or order_id, order.account, order.connector, seconds,
        created=order.created, enough=lambda now, before: now.ended and settled(now, before),
    )  # fmt: skip
    if after.ended:
        return Answer(news(_end(after), after, asked), after.doubts)
    if refused is not None:
        raise _failed(after, refused)
    pending = f"Asked to cancel, and not gone after {seconds:g} s: it can still fill. get_order tells more."
    return Answer(news(pending, order if after.status == UNKNOWN else after, asked), after.doubts)


async def _found(
    installation: Installation, order_id: str, account_name: str | None, connector_name: str | None
) -> Order:
    """One that can't be found may be on its exchange all the same: where that is named, it is asked."""
    try:
        return await find(installation, order_id, account_name, connector_name)
    except CallError as error:
        if account_name is None or connector_name is None:
            raise
        return Order(order_id, account_name, connector_name, doubts=(error.happened,))


async def _asked(installation: Installation, order: Order) -> CallError | None:
    """Why the API didn't take the cancellation, or what came instead of its answer. Raises where it wasn't asked."""
    try:
        await installation.ask(
            trading.submit_cancel,
            account_name=order.account,
            connector_name=order.connector,
            order_id=order.order_id or "",
        )
    except Refused as error:
        return error
    except NOT_PLACED:
        raise
    except CallError as error:
        return error
    return None


def _failed(after: Order, error: CallError) -> CallError:
    """The error for a cancellation that wasn't taken or answered, of an order that hasn't ended as far as is known."""
    shows = "shows nothing of it" if after.status == UNKNOWN else f"still shows it {after.status}, {progress(after)}"
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


def _end(order: Order) -> str:
    if order.status == "FILLED":
        return "It wasn't cancelled: it is filled."
    if order.status == "FAILED":
        return "It wasn't cancelled: it was refused."
    return f"Cancelled; {progress(order)}."
