"""Finding one order by its id, or the exchange's."""

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from hbmcp.errors import ApiFailed, CallError, Refused
from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.fills.fills import PAGE, fills
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.api_orders import active_orders, recorded_orders
from hbmcp.installation.orders.order import Order, fresher_order
from hbmcp.installation.orders.replaced import saying_replaced
from hbmcp.installation.orders.view import lost_details_note
from hbmcp.store import StoreError
from hbmcp.text import named
from hbmcp_tools import accounts

if TYPE_CHECKING:
    from hbmcp.store import SentOrder

PATIENCE = 30.0  # seconds for an answer
PAGES = 5  # of records that are gone through, newest first, each the orders before those of the last one
SKEW = 60 * 60_000  # milliseconds by which the API's clock and ours may differ


@frozen
class _Seen:
    """What was found, and whether there may be more that wasn't looked through."""

    order: Order | None
    through: bool
    doubts: tuple[str, ...] = ()


async def find_order(
    installation: Installation, order_id: str, account_name: str | None = None, connector_name: str | None = None
) -> Order:
    """The order with its fills and what was remembered of it; status UNKNOWN where only hbmcp knows of it.

    The workflow uses search_orders, list_active_orders, get_trades and list_accounts. Raises Refused where nobody knows
    it, and CallError where it can't be looked for.
    """
    sent, doubts = await _remembered(installation, order_id)
    unremembered = bool(doubts)
    where: dict[str, Any] = {"account_name": account_name, "connector_name": connector_name}
    seen, in_hand = await all_of(
        _recorded(installation, order_id, where, sent), answer_within(active_orders(installation, **where), PATIENCE)
    )
    order = seen.order
    if isinstance(in_hand, CallError):
        doubts.append(f"The API's open orders couldn't be read: {in_hand}")
    else:
        order = fresher_order(order, next((one for one in in_hand.rows if _is(one, order_id)), None))
    asked_for = sent is not None and account_name in (None, sent.account) and connector_name in (None, sent.connector)
    if order is None and sent is not None and asked_for:
        order = Order.from_sent(sent)
    if order is None:
        raise _unknown(order_id, seen, [account_name, connector_name])
    found = order.remembered(sent)
    trades = await answer_within(
        fills(
            installation,
            account_name=found.account,
            connector_name=found.connector,
            trading_pair=found.pair,
            start=found.created,
        ),
        PATIENCE,
    )
    if isinstance(trades, CallError):
        doubts.append(f"Its fills couldn't be read: {trades}")
    else:
        found = found.witnessed(trades.rows)
        if not trades.complete:
            doubts.append("So many fills came since that some of its own may be missing here.")
    if not unremembered:
        doubts.append(lost_details_note([found]))
        (found,) = await saying_replaced(installation, [found])
    return evolve(found, doubts=(*filter(None, doubts), *seen.doubts))


async def _remembered(installation: Installation, order_id: str) -> "tuple[SentOrder | None, list[str]]":
    try:
        return next(iter(await installation.store.sent_orders(order_ids=[order_id])), None), []
    except StoreError as error:
        return None, [f"What hbmcp remembers of it couldn't be read: {error}"]


async def _recorded(
    installation: Installation, order_id: str, where: dict[str, Any], sent: "SentOrder | None"
) -> _Seen:
    """Among the API's records: those around the time at which it was sent, then the newest and those before, account by
    account, because where the API is asked for all, older ones of one can stand before newer ones of the next."""
    if sent is not None:
        around = await _through(installation, order_id, where, {"start": sent.time - SKEW, "end": sent.time + SKEW})
        if around.order is not None or around.doubts:
            return around
    if where["account_name"] is not None:
        return await _through(installation, order_id, where, {})
    newest = await _through(installation, order_id, where, {}, pages=1)
    if newest.order is not None or newest.through or newest.doubts:
        return newest
    names = await answer_within(installation.read(array(text), accounts.list_accounts), PATIENCE)
    if isinstance(names, CallError):
        return _Seen(None, False, (f"The accounts couldn't be listed: {names}",))
    each = await all_of(*(_through(installation, order_id, {**where, "account_name": name}, {}) for name in names))
    found = next((one for one in each if one.order is not None), None)
    doubts = tuple(doubt for one in each for doubt in one.doubts)
    return found or _Seen(None, all(one.through for one in each), doubts)


async def _through(
    installation: Installation, order_id: str, where: dict[str, Any], period: dict[str, Any], pages: int = PAGES
) -> _Seen:
    for _ in range(pages):
        page = await answer_within(recorded_orders(installation, **where, **period), PATIENCE)
        if isinstance(page, CallError):
            return _Seen(None, False, (f"The API's records of orders couldn't be read: {page}",))
        found = next((one for one in page.rows if _is(one, order_id)), None)
        if found is not None or page.complete:
            return _Seen(found, True)
        period = {**period, "end": page.rows[-1].created}
    return _Seen(None, False)


def _is(order: Order, order_id: str) -> bool:
    return order_id in (order.order_id, order.exchange_order_id)


def _unknown(order_id: str, seen: _Seen, asked: list[str | None]) -> CallError:
    if seen.doubts:
        return ApiFailed(f"Order {named(order_id)} can't be looked for. {' '.join(seen.doubts)}")
    among = "the API's orders" if seen.through else f"the API's {PAGES * PAGE} newest orders"
    where = " and ".join(named(name) for name in asked if name)
    return Refused(
        f"There is no order {named(order_id)} among {among}{f' of {where}' if where else ''}.",
        "Nothing was done.",
        "get_order_history lists them; those of bots and of other programs aren't among them.",
    )
