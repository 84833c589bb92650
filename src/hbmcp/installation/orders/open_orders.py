"""The orders that rest, from both of the API's sources, and where these disagree."""

from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.installation.fills.fills import Fill, fills
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.api_orders import active_orders, recorded_orders
from hbmcp.installation.orders.order import Order, fresher_order, merged_orders
from hbmcp.installation.orders.view import age, order_row
from hbmcp.pairs import is_of, whole_pair
from hbmcp.store import SentOrder, StoreError
from hbmcp.times import now

PATIENCE = 30.0  # seconds for an answer
UNFINISHED = ("OPEN", "PARTIALLY_FILLED", "SUBMITTED")
RECENT = 24 * 60 * 60_000  # milliseconds for which an order of unknown outcome is mentioned
SETTLED = ("fee", "fee_currency", "created_at", "reason")  # of a row, what matters once an order has ended
YES, RECORDED, NOT_YET = "yes", "recorded", "not_yet"  # whether an order rests


@frozen
class _Sources:
    """Orders by id, as the connectors have them in hand and as they are recorded; `whole` is whether both could be
    read, so that what one of them lacks says something."""

    in_hand: dict[str | None, Order]
    records: dict[str | None, Order]
    whole: bool
    notes: tuple[str, ...]

    @property
    def orders(self) -> list[Order]:
        """Each once, as the fresher source has it."""
        keys = {**self.in_hand, **self.records}
        return [one for key in keys if (one := fresher_order(self.records.get(key), self.in_hand.get(key)))]

    def rests(self, order: Order) -> str:
        """Whether an order rests: a connector that has it in hand knows, a record may be behind."""
        if not order.rests:
            return NOT_YET
        return YES if order.order_id in self.in_hand else RECORDED

    def only_in_hand(self, order: Order) -> bool:
        """Whether it isn't recorded."""
        return self.whole and order.order_id not in self.records


@frozen
class OpenOrders:
    """The orders that rest, newest first, and a row of each; what to say of them: what couldn't be read, where the
    sources disagree, and what may rest too; and the ids of those that may be younger than `created` says, by EARLY."""

    orders: tuple[Order, ...]
    rows: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]
    younger: frozenset[str | None]


@frozen
class RestingOrders:
    """The orders that rest, as both lists have them; `doubts` are why there may be others."""

    rows: tuple[Order, ...]
    doubts: tuple[str, ...]


async def resting_orders(
    installation: Installation,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> RestingOrders:
    """Without a look at their fills. Uses list_active_orders and search_orders. Raises a CallError where no source can
    be read."""
    where = {"account_name": account_name, "connector_name": connector_name, "trading_pair": trading_pair}
    sources = await _sources(installation, where)
    return RestingOrders(tuple(one for one in sources.orders if not one.ended), sources.notes)


async def open_orders(
    installation: Installation, account_name: str | None, connector_name: str | None, trading_pair: str | None
) -> OpenOrders:
    """Those of a pair, or of all that have the base that is named alone. An order whose fills add up to all of it isn't
    open.

    Uses list_active_orders, search_orders and get_trades. Raises a CallError where no source can be read.
    """
    where = {"account_name": account_name, "connector_name": connector_name, "trading_pair": whole_pair(trading_pair)}
    sources = await _sources(installation, where)
    notes = list(sources.notes)
    found = [one for one in sources.orders if is_of(one.pair, trading_pair)]
    sent = await _sent(installation, found)
    orders = merged_orders(found, await _fills(installation, found, where, notes), sent)
    resting = [one for one in orders if not one.ended]
    notes += _disagreement(resting, sources)
    notes.append(_unanswered(sent))
    return OpenOrders(
        tuple(resting),
        tuple(_row(one, sources) for one in resting),
        tuple(notes),
        frozenset(one.order_id for one in resting if sources.only_in_hand(one)),
    )


def _row(order: Order, sources: _Sources) -> dict[str, Any]:
    """A row with `age`, which is at most so much where only a connector has the order, and whether it `rests`."""
    shown = {name: value for name, value in order_row(order).items() if name not in SETTLED}
    if order.created is not None:
        shown["age"] = ("≤" if sources.only_in_hand(order) else "") + age(now() - order.created)
    return {**shown, "rests": sources.rests(order)}


async def _sources(installation: Installation, where: dict[str, Any]) -> _Sources:
    """Raises a CallError where neither can be read."""
    in_hand, *several = await all_of(
        answer_within(active_orders(installation, **where), PATIENCE),
        *(answer_within(recorded_orders(installation, **where, status=status), PATIENCE) for status in UNFINISHED),
    )
    unread = [one for one in several if isinstance(one, CallError)]
    pages = [one for one in several if not isinstance(one, CallError)]
    notes = []
    if isinstance(in_hand, CallError):
        if not pages:
            raise in_hand
        notes.append(f"The connectors' open orders couldn't be read, these are the API's records: {in_hand.happened}")
    else:
        pages.insert(0, in_hand)
    if unread:
        notes.append(f"The API's records of open orders couldn't be read whole: {unread[0].happened}")
    if not all(page.complete for page in pages):
        notes.append("There may be more than the API lists at once: narrow by account, exchange or pair.")
    whole = not unread and not isinstance(in_hand, CallError)
    live_rows = () if isinstance(in_hand, CallError) else in_hand.rows
    return _Sources(
        {order.order_id: order for order in live_rows},
        {order.order_id: order for page in several if not isinstance(page, CallError) for order in page.rows},
        whole,
        tuple(notes),
    )


async def _fills(
    installation: Installation, found: list[Order], where: dict[str, Any], notes: list[str]
) -> tuple[Fill, ...]:
    times = [order.created for order in found if order.created is not None]
    if not times:
        return ()
    trades = await answer_within(fills(installation, **where, start=min(times)), PATIENCE)
    if isinstance(trades, CallError):
        notes.append(f"Fills couldn't be read, and may be ahead of these records: {trades.happened}")
        return ()
    return trades.rows


async def _sent(installation: Installation, found: list[Order]) -> list[SentOrder]:
    """What hbmcp remembers of these orders, and what it sent of late."""
    try:
        remembered = await installation.store.sent_orders(order_ids=[str(order.order_id) for order in found])
        return [*remembered, *await installation.store.sent_orders(since=now() - RECENT)]
    except StoreError:
        return []


def _disagreement(orders: list[Order], sources: _Sources) -> list[str]:
    """What the words under `rests` mean where they aren't a yes, and what isn't recorded."""
    rests = [sources.rests(one) for one in orders]
    notes = []
    if RECORDED in rests and sources.whole:
        why = (
            "the exchange's connector doesn't list it, so it may be gone; cancel_order finds out"
            if sources.in_hand
            else "the connectors list no orders at all, as for up to five minutes after they start: most likely it does"
        )
        notes.append(f"rests=recorded: the API's record says that it rests; {why}.")
    if NOT_YET in rests:
        notes.append("rests=not_yet: sent, and not seen on the exchange.")
    if any(map(sources.only_in_hand, orders)):
        notes.append("What only a connector has isn't recorded yet; it rests.")
    return notes


def _unanswered(sent: list[SentOrder]) -> str:
    """That there are orders of which nobody knows whether they were placed."""
    count = sum(one.order_id is None for one in sent)
    return f"{count} sent within 24 h, never answered, may rest too: get_order_history has them." if count else ""
