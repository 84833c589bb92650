"""Cancelling an order, and telling whether it is gone."""

from decimal import Decimal

from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.cancellation import (
    ended_before,
    not_cancelled,
    order_to_cancel,
    planned_cancellation,
    request_cancellation,
    unprotecting,
    wait_for_end,
    what_came,
)
from hbmcp.installation.orders.order import UNKNOWN
from hbmcp.installation.orders.view import order_result, progress, unseen_result
from hbmcp.installation.plan import Plan
from hbmcp.results.answer import Answer


async def cancel_order(
    installation: Installation,
    *,
    order_id: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    wait: Decimal = Decimal(3),
) -> Plan:
    """Ask the exchange to cancel an order, and look for up to `wait` seconds whether it is gone.

    An object: `result` in words, the order, and what had filled. One that has ended isn't cancelled
    again. Raises Refused for an order that nobody knows or that the API can't cancel, OutcomeUnknown where the
    cancellation was sent, wasn't answered and shows no effect.
    """
    asked = {"order_id": order_id, "account_name": account_name, "connector_name": connector_name}
    seconds = float(wait)
    order = await order_to_cancel(installation, order_id, account_name, connector_name)
    if order.ended:
        said = await ended_before(installation, order)
        return Plan(Answer(order_result(said, order, asked), order.doubts))
    (unprotects,) = await unprotecting(installation, [order])
    planned = planned_cancellation(order, unprotects=unprotects)

    async def commit(installation: Installation) -> Answer:
        error = await request_cancellation(installation, planned)
        if not seconds and error is None:
            return Answer(
                unseen_result("Asked to cancel, not looked at: get_order tells more.", order, asked), order.doubts
            )
        after = await wait_for_end(installation, order, seconds)
        if after.ended:
            return Answer(order_result(await what_came(installation, after), after, asked), after.doubts)
        if error is not None:
            raise not_cancelled(after, error)
        pending = f"Asked to cancel, and not gone after {seconds:g} s: it can still fill. get_order tells more."
        return Answer(order_result(pending, order if after.status == UNKNOWN else after, asked), after.doubts)

    would = f"Would be cancelled; {progress(order)} so far."
    return Plan(Answer(order_result(would, order, asked), order.doubts), (planned,), commit)
