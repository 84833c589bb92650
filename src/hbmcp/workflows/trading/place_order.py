"""Placing an order, and telling what became of it."""

from decimal import Decimal

from attrs import asdict

from hbmcp.errors import OutcomeUnknown
from hbmcp.figures import number
from hbmcp.installation.connections import account_at
from hbmcp.installation.executors.run.on_position import executors_on
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.orders.arrival import arrival_note
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.placement import placement_refused, placement_result
from hbmcp.installation.orders.polling import wait_for_outcome
from hbmcp.installation.orders.preparation import OrderRequest, prepare_order
from hbmcp.installation.orders.sending import planned_order, send_order
from hbmcp.installation.orders.sizing import AskedSize
from hbmcp.installation.orders.unknown_outcome import known_order_ids
from hbmcp.installation.orders.view import order_result, unseen_result
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.coins_sold import after_sale, counting_on_sold, sales_of
from hbmcp.installation.triggers.entry_protection import AskedExits, EntryTriggers
from hbmcp.results.answer import Answer


async def place_order(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str,
    trading_pair: str,
    side: str,
    amount: Decimal | None = None,
    quote_amount: Decimal | None = None,
    share: Decimal | None = None,
    risk: str | None = None,
    stop_loss: str | None = None,
    take_profit: str | None = None,
    order_type: str = "LIMIT",
    price: str | None = None,
    position_action: str | None = None,
    max_value: Decimal | None = None,
    wait: Decimal = Decimal(3),
) -> Plan:
    """Check an order; then send it once, and look for up to `wait` seconds what became of it.

    An object: `result` in words, the order's id and status, what was filled, and of what was asked for that which is
    otherwise; of a market order that isn't filled its `notional` in quote before it was sent; of any what that was in
    percent of the account's equity on that exchange, on perpetuals also with what was open, and the leverage that the
    pair's position shows.
    Notes tell what was worked out, rounded or couldn't be checked. Raises BadArguments or Refused (nothing was sent),
    Failed (the exchange refused it) and OutcomeUnknown (sent, not answered).
    """
    asked_exits = AskedExits.of(stop_loss, take_profit)
    sized = AskedSize(amount, quote_amount, share, risk, asked_exits.stop)
    account = await account_at(installation, connector_name, account_name)
    request = OrderRequest(account, connector_name, trading_pair, side, sized, order_type, price, position_action)
    prepared, known = await all_of(
        prepare_order(installation, request, max_value), known_order_ids(installation, account, connector_name)
    )
    exits = asked_exits.of_order(prepared.order, prepared.entry)
    arming = exits.arming(prepared.order)
    sales = sales_of([prepared])
    exits, protection, acting, counting = await all_of(
        exits.watching(installation, prepared.order),
        exits.beside(installation, prepared),
        executors_on(installation, [*prepared.closes_on, *exits.closes_on(prepared.order)]),
        counting_on_sold(installation, sales),
    )
    beside = (*protection, *acting)
    size = dict(prepared.size.shown) if prepared.size else {}
    planned = planned_order(
        prepared.order,
        known,
        reduces=prepared.reduces,
        value=prepared.size.notional if prepared.size else None,
        market=prepared.market,
        uncovered=prepared.uncovered,
    )

    async def commit(installation: Installation) -> Answer:
        seconds = float(wait)
        kept = EntryTriggers(installation, arming[0], exits.specs) if arming else None
        try:
            sent = await send_order(installation, planned, seconds, companion=kept)
        except OutcomeUnknown as unknown:
            raise kept.waiting_for(unknown, exits.words) if kept else unknown from None
        asked = asdict(request) | {"account_name": account_name, "amount": amount, "price": number(price)}
        asked["position_action"] = sent.order.action
        notes = (*prepared.notes, *counting.executors, *sent.notes, *beside)
        told = size if order_type == "MARKET" else {}
        if not seconds:
            armed = [await kept.told(exits.words)] if kept else []
            unseen = unseen_result("Sent, not looked at: get_order tells more.", Order.from_sent(sent.order), asked)
            return Answer({**unseen, **told}, (*notes, *armed, *counting.triggers))
        order = await wait_for_outcome(installation, sent.order_id, account, connector_name, seconds, sent=sent.order)
        if order.status == "FAILED":
            raise placement_refused(order, sent.order, notes)
        armed = [await kept.told(exits.words, order)] if kept else []
        sold = await after_sale(installation, sales_of([prepared], [order])) or counting.triggers
        result = order_result(placement_result(order), order, asked)
        if order.status == "FILLED" and "quote_total" in result:
            told = {name: value for name, value in told.items() if name != "notional"}  # what it was worth before
        return Answer({**result, **told}, (*notes, *armed, *order.doubts, arrival_note(order), *sold))

    later = {"when_filled": exits.foretold(prepared)} if exits else {}
    shown = {"would_place": planned.request.words, **size, **prepared.expected, **later}
    notes = (*prepared.foretold, *counting.notes, *beside)
    requests, fired = (planned.request, *arming), exits.later(prepared.order)
    return Plan(Answer(shown, notes), requests, commit, fired, unfit=prepared.unfit)
