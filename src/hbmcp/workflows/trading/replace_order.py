"""Replacing an open order by one at another price, or of another size."""

from decimal import Decimal

from hbmcp.errors import BadArguments, Failed
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.orders.cancellation import ended_before, how_it_ended, order_to_cancel, planned_cancellation
from hbmcp.installation.orders.placement import placement_refused, placement_result
from hbmcp.installation.orders.polling import wait_for_outcome
from hbmcp.installation.orders.preparation import prepare_order
from hbmcp.installation.orders.replacement import Replacement, refuse_turned_offset, replace, request_like
from hbmcp.installation.orders.unknown_outcome import known_order_ids
from hbmcp.installation.orders.view import order_details, order_result, progress
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.entry_protection import EntryTriggers, Followers, waiting_for
from hbmcp.installation.triggers.protected import live_triggers
from hbmcp.results.answer import Answer, without_nulls

WAIT = 3.0  # seconds for the old order to be gone, and for what became of the new one


async def replace_order(
    installation: Installation,
    *,
    order_id: str,
    price: str | None = None,
    amount: Decimal | None = None,
    account_name: str | None = None,
    connector_name: str | None = None,
    max_value: Decimal | None = None,
) -> Plan:
    """Cancel an order, see what of it had filled, and place the rest anew at `price`; `amount`, in base units, is what
    both are to come to. Never are both on the exchange.

    An object: `result` in words, the new order, and `replaced`, the old one's id and price with what of it had filled.
    Nothing is placed for one that has ended or fills meanwhile. Raises BadArguments or Refused (nothing was sent),
    OutcomeUnknown where the old one isn't known to be gone (nothing was placed), Failed where the new one wasn't
    placed.
    """
    if price is None and amount is None:
        raise BadArguments("Neither price nor amount is given.", "Nothing was sent.", "Say what is to change.")
    order = await order_to_cancel(installation, order_id, account_name, connector_name)
    if order.ended:
        return Plan(Answer(order_result(await ended_before(installation, order), order, {})))
    request, whole = request_like(order, price, amount)
    prepared, known, (triggers, unread) = await all_of(
        prepare_order(installation, request, max_value, instead_of=order),
        known_order_ids(installation, order.account, order.connector),
        live_triggers(installation),
    )
    refuse_turned_offset(order, price, prepared.order.price)
    followers = Followers(waiting_for(triggers, order.order_id))
    arming = followers.arming
    # Held to what the new order is held to: nothing is cancelled that then can't be placed anew.
    cancellation = planned_cancellation(order, unprotects=True)
    replacement = Replacement(order, cancellation, prepared, whole, known)
    requests = (replacement.cancellation, replacement.planned.request, *arming)

    async def commit(installation: Installation) -> Answer:
        company = EntryTriggers(installation, arming[0], followers.specs) if arming else None
        after, sent = await replace(installation, replacement, WAIT, company)
        filled = max(after.filled, order.filled)
        old = without_nulls({"order_id": after.order_id, "price": order.price, "filled_amount": filled})
        if sent is None:
            return Answer(order_result(f"{how_it_ended(after)} Nothing was placed in its place.", after, {}))
        await followers.leave(installation, after)
        kept = [f"What protects its fill goes with it, as {company.which}."] if company else []
        new = await wait_for_outcome(installation, sent.order_id, order.account, order.connector, WAIT, sent=sent.order)
        notes = (*prepared.notes, *sent.notes, *kept, unread)
        if new.status == "FAILED":
            refused = placement_refused(new, sent.order, notes)
            raise Failed(
                f"The old order is gone ({progress(after)}). {refused.happened}", refused.undone, refused.advice
            )
        return Answer({"result": placement_result(new), **order_details(new), "replaced": old}, (*notes, *new.doubts))

    shown = {
        "would_cancel": requests[0].words,
        "would_place": requests[1].words,
        "old_price": order.price,
        "new_price": prepared.order.price,
    }
    return Plan(
        Answer(without_nulls(shown), (*order.doubts, *prepared.foretold)), requests, commit, unfit=prepared.unfit
    )
