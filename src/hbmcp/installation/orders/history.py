"""Past orders, found by what was asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from hbmcp.errors import CallError
from hbmcp.installation.answer_fields import array, text
from hbmcp.installation.fills.fills import EARLY, PAGE, Fill, fills
from hbmcp.installation.installation import Installation, all_of, answer_within, together
from hbmcp.installation.orders.api_orders import OrderPage, recorded_orders
from hbmcp.installation.orders.order import UNKNOWN, Order, merged_orders, orders_like
from hbmcp.installation.orders.replaced import saying_replaced
from hbmcp.installation.orders.view import lost_details_note
from hbmcp.store import StoreError
from hbmcp.text import named
from hbmcp.times import utc
from hbmcp_tools import accounts

if TYPE_CHECKING:
    from hbmcp.store import SentOrder

PATIENCE = 30.0  # seconds for an answer

# Status -> those under which the API may still have recorded what fills prove to be in it.
_RECORDED_AS = {
    "OPEN": ("OPEN", "SUBMITTED"),
    "PARTIALLY_FILLED": ("PARTIALLY_FILLED", "OPEN", "SUBMITTED"),
    "FILLED": ("FILLED", "PARTIALLY_FILLED", "OPEN", "SUBMITTED"),
    "CANCELLED": ("CANCELLED",),
    "FAILED": ("FAILED",),
}


@frozen
class OrderFilter:
    """Which orders; times in epoch milliseconds."""

    account: str | None
    connector: str | None
    pair: str | None
    status: str | None
    start: int | None
    end: int | None
    limit: int

    @property
    def questions(self) -> list[tuple[str | None, str | None]]:
        """(status, pair) of what must be asked. A refused order has lost its pair, so those are asked for without."""
        statuses: tuple[str | None, ...] = _RECORDED_AS.get(self.status or "", (None,))
        asked = [(status, None if status == "FAILED" else self.pair) for status in statuses]
        return [*asked, ("FAILED", None)] if self.pair and None in statuses else asked

    @property
    def page(self) -> int:
        """How many of each: all that can be had where some are left out afterwards."""
        left_out = self.pair or self.status or self.start is not None or self.end is not None
        return PAGE if left_out else self.limit

    @property
    def unfiltered(self) -> bool:
        """Whether it means every order of its accounts, exchanges and time."""
        return not self.pair and not self.status

    def has(self, order: Order) -> bool:
        return (
            self.account in (None, order.account)
            and self.connector in (None, order.connector)
            and self.pair in (None, order.pair)
            and self.status in (None, order.status)
            and (self.start is None or (order.created or 0) >= self.start)
            and (self.end is None or (order.created or 0) <= self.end)
        )


@frozen
class OrderHistory:
    """Orders, newest first; the time from which on back there may be more; in words the window that was looked through,
    and since when there are records, where that is known; and what couldn't be read."""

    orders: list[Order]
    ends: int | None
    window: str
    notes: tuple[str, ...]


async def order_history(installation: Installation, wanted: OrderFilter) -> OrderHistory:
    """The workflow uses list_accounts, search_orders and get_trades. Raises CallError where no records can be read."""
    notes: list[str] = []
    pages, earlier = await all_of(_pages(installation, wanted, notes), _earlier(installation, wanted))
    # Where one list ends early, the others go on with holes.
    ends = max((page.rows[-1].created or 0 for page in pages if not page.complete), default=None)
    records = [order for page in pages for order in page.rows if ends is None or (order.created or 0) >= ends]
    sent = await _sent(installation, wanted, records, ends, notes)
    trades = await _fills(installation, wanted, records, notes)
    orders = merged_orders(records, trades, sent or ())
    if wanted.status in (None, UNKNOWN):
        orders += _unseen(sent or [], orders, ends)
        orders.sort(key=lambda order: order.created or 0, reverse=True)
    fitting = [order for order in orders if wanted.has(order)]
    shown = fitting[: wanted.limit]
    if len(fitting) > len(shown):
        ends = shown[-1].created
    if sent is not None:
        shown = await saying_replaced(installation, shown)
        notes.append(lost_details_note(shown))
    begin = "; older orders are recorded too" if earlier else await _begin(installation, wanted, pages, earlier)
    return OrderHistory(shown, ends, _window(wanted, begin), tuple(notes))


async def _earlier(installation: Installation, wanted: OrderFilter) -> bool | None:
    """Whether there are records from before the window; None where it has no start, or they can't be read."""
    if wanted.start is None:
        return None
    page = await answer_within(
        recorded_orders(
            installation,
            account_name=wanted.account,
            connector_name=wanted.connector,
            end=wanted.start - 1,
            limit=1,
        ),
        PATIENCE,
    )
    return None if isinstance(page, CallError) else bool(page.rows)


async def _begin(
    installation: Installation, wanted: OrderFilter, pages: Sequence[OrderPage], earlier: bool | None
) -> str:
    """Since when there are records of its accounts and exchanges, where there are none from before the window; "" where
    that isn't known."""
    if wanted.start is not None and earlier is None:
        return ""
    found = [order for page in pages for order in page.rows]
    if wanted.unfiltered and found:
        complete = all(page.complete for page in pages)
    else:
        records = await answer_within(
            recorded_orders(installation, account_name=wanted.account, connector_name=wanted.connector), PATIENCE
        )
        if isinstance(records, CallError):
            return "" if earlier is None else "; nothing is recorded before it"
        found, complete = list(records.rows), records.complete
    if not complete:
        return "" if earlier is None else "; nothing is recorded before it"
    if not found:
        return f"; no order is recorded{' there' if wanted.account or wanted.connector else ''} at all"
    first = min(order.created or 0 for order in found)
    after = wanted.end is not None and first > wanted.end
    return f"; records begin {utc(first)}{', after this window' if after else ''}"


def _window(wanted: OrderFilter, begin: str) -> str:
    """Which time is looked through, and since when there are records."""
    since = "all" if wanted.start is None else f"{utc(wanted.start)}"
    until = "now" if wanted.end is None else utc(wanted.end)
    return f"Window: {since} until {until}{begin}."


async def _pages(installation: Installation, wanted: OrderFilter, notes: list[str]) -> list[OrderPage]:
    # A little more than the period: the clock by which hbmcp remembers what it sent isn't the API's.
    start = None if wanted.start is None else wanted.start - EARLY
    end = None if wanted.end is None else wanted.end + EARLY
    names = await _accounts(installation, wanted, notes)
    answers = await together(
        answer_within(
            recorded_orders(
                installation,
                account_name=name,
                connector_name=wanted.connector,
                trading_pair=pair,
                status=status,
                start=start,
                end=end,
                limit=wanted.page,
            ),
            PATIENCE,
        )
        for name in names
        for status, pair in wanted.questions
    )
    pages = [one for one in answers if not isinstance(one, CallError)]
    unread = [one for one in answers if isinstance(one, CallError)]
    if not pages:
        raise unread[0]
    if unread:
        notes.append(f"Some records couldn't be read, so orders may be missing: {unread[0].happened}")
    return pages


async def _accounts(installation: Installation, wanted: OrderFilter, notes: list[str]) -> Sequence[str | None]:
    """Those to ask one by one: of several at once the API lists one after the other, and then cuts the page."""
    if wanted.account is not None:
        return [wanted.account]
    names = await answer_within(installation.read(array(text), accounts.list_accounts), PATIENCE)
    if isinstance(names, CallError):
        notes.append(f"Accounts couldn't be listed, so where one has many orders others' may be missing: {names}")
        return [None]
    return names or [None]


async def _sent(
    installation: Installation, wanted: OrderFilter, records: list[Order], ends: int | None, notes: list[str]
) -> "list[SentOrder] | None":
    """What hbmcp sent: the orders of which the API has lost what was asked for, and all of the period. None where it
    can't be read."""
    since = max((time for time in (wanted.start, ends) if time is not None), default=None)
    try:
        lost = await installation.store.sent_orders(
            order_ids=[str(one.order_id) for one in records if one.pair is None]
        )
        return [*lost, *await installation.store.sent_orders(since=since, until=wanted.end)]
    except StoreError as error:
        notes.append(f"What hbmcp sent couldn't be read, so refused orders lack their pair: {error}")
        return None


async def _fills(
    installation: Installation, wanted: OrderFilter, records: list[Order], notes: list[str]
) -> "tuple[Fill, ...]":
    """Those of the records' orders."""
    times = [order.created for order in records if order.created is not None]
    if not times:
        return ()
    trades = await answer_within(
        fills(
            installation,
            account_name=wanted.account,
            connector_name=wanted.connector,
            trading_pair=wanted.pair,
            start=min(times),
        ),
        PATIENCE,
    )
    if isinstance(trades, CallError):
        notes.append(f"Fills couldn't be read, so these are the orders' own records: {trades.happened}")
        return ()
    if not trades.complete and trades.rows[0].time > min(times):
        notes.append(
            f"Orders from before {utc(trades.rows[0].time)} are shown by their own records, without their fills."
        )
    return trades.rows


def _unseen(sent: "list[SentOrder]", orders: list[Order], ends: int | None) -> list[Order]:
    """The orders that were sent and aren't among the API's, as far as these go back."""
    known = {order.order_id for order in orders}
    claimed = {one.order_id for one in sent}
    unseen = []
    for one in sent:
        if one.order_id is None and one.time >= (ends or 0):
            alike = ", ".join(named(order.order_id) for order in orders_like(one, orders, claimed, EARLY))
            reason = f"sent and never answered{f'; may be {alike}' if alike else ''}"
        elif one.order_id not in known and one.time > (ends or 0) + EARLY:
            reason = "accepted by the API, which shows nothing of it"
        else:
            continue
        unseen.append(evolve(Order.from_sent(one), reason=reason))
    return unseen
