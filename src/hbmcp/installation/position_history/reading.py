"""All that is recorded of perpetual trading: fills, what their orders and the exchanges tell about them, funding."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from attrs import frozen

from hbmcp.errors import CallError, StoreError
from hbmcp.installation.answer_fields import data
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.fills.chronology import OrderTimes
from hbmcp.installation.fills.fills import Fill
from hbmcp.installation.fills.pagination import all_fills, order_times
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.position_history.funding_payments import FundingPayment
from hbmcp.installation.position_history.round_trip import Side
from hbmcp.installation.positions.position import Position
from hbmcp.installation.positions.position_mode import is_hedge_mode
from hbmcp.text import named
from hbmcp_tools import trading

T = TypeVar("T")
Exchange = tuple[str, str]  # account, connector
Market = tuple[str, str, str]  # account, connector, pair


@frozen
class ListedPositions:
    """What exchanges list as open: market -> side -> amount. Those that `answered` list some position: an empty list
    is what a failing exchange gives too."""

    by_market: Mapping[Market, Mapping[Side, Decimal]]
    answered: frozenset[Exchange]


@frozen
class TradingRecord:
    """`fills` of perpetual exchanges, oldest first, `complete` if no older ones can be missing. `orders` and `hedge`
    (mode) by exchange, `actions` by order id. `held` and `payments` are None where they couldn't be read; `unread` says
    in sentences what couldn't."""

    fills: tuple[Fill, ...]
    complete: bool
    orders: Mapping[Exchange, Mapping[str, OrderTimes]]
    hedge: Mapping[Exchange, bool]
    actions: Mapping[str, str]
    held: ListedPositions | None
    payments: list[FundingPayment] | None
    unread: tuple[str, ...]


async def read_trading_record(
    installation: Installation, account_name: str | None, connector_name: str | None, trading_pair: str | None
) -> TradingRecord:
    """The record of these accounts, exchanges and pairs, up to now.

    The workflow uses get_trades, search_orders, list_positions, get_position_mode and get_funding_payments. Raises
    CallError where the fills can't be read.
    """
    found = await all_fills(installation, account_name, connector_name, trading_pair)
    rows = tuple(fill for fill in found.rows if is_perpetual(fill.connector))
    if not rows:
        return TradingRecord((), found.complete, {}, {}, {}, None, None, ())
    first = {(fill.account, fill.connector): fill.time for fill in reversed(rows)}
    asked: list[Awaitable[Any]] = [
        read_listed_positions(installation, account_name, connector_name),
        read_funding_payments(installation, account_name, trading_pair),
    ]
    held, paid = await together(asked)
    orders, unordered = await _each(first, lambda exchange: order_times(installation, exchange, first[exchange]))
    hedge, modeless = await _each(first, lambda exchange: is_hedge_mode(installation, *exchange))
    unread = [
        *(f"Orders of {_name(one)} weren't read; fills may be in disorder: {why}" for one, why in unordered.items()),
        *(f"{_name(one)} is taken for one-way, its mode wasn't read: {why}" for one, why in modeless.items()),
    ]
    if isinstance(held, CallError):
        unread.append(f"Open positions weren't read, and fills not checked against them: {held}")
    if isinstance(paid, CallError):
        unread.append(f"Funding wasn't read: {paid}")
    return TradingRecord(
        rows,
        found.complete,
        orders,
        hedge,
        await sent_order_actions(installation),
        None if isinstance(held, CallError) else held,
        None if isinstance(paid, CallError) else paid,
        tuple(unread),
    )


async def read_listed_positions(
    installation: Installation, account_name: str | None, connector_name: str | None
) -> ListedPositions:
    """The open positions as they are listed. The workflow uses list_positions. Raises CallError."""
    listed = await installation.read(
        data(Position.from_row), trading.list_positions, account_name=account_name, connector_name=connector_name
    )
    found: dict[Market, dict[Side, Decimal]] = {}
    for one in listed:
        if one.amount:
            found.setdefault((one.account, one.connector, one.pair), {})[one.side] = one.amount
    return ListedPositions(found, frozenset(market[:2] for market in found))


async def read_funding_payments(
    installation: Installation, account_name: str | None, trading_pair: str | None
) -> list[FundingPayment]:
    """The latest funding payments, at most 1,000. The workflow uses get_funding_payments. Raises CallError."""
    return await installation.read(
        data(FundingPayment.from_row),
        trading.get_funding_payments,
        account_name=account_name,
        trading_pair=trading_pair,
    )


async def sent_order_actions(installation: Installation) -> dict[str, str]:
    """Order id -> OPEN or CLOSE, for the orders that hbmcp has sent; empty where its store can't be read."""
    try:
        sent = await installation.store.sent_orders()
    except StoreError:
        return {}
    return {order.order_id: order.action for order in sent if order.order_id and order.action}


async def _each(
    exchanges: Iterable[Exchange], question: Callable[[Exchange], Awaitable[T]]
) -> tuple[dict[Exchange, T], dict[Exchange, CallError]]:
    """The answers to a question put about several exchanges, and the errors."""
    names = list(exchanges)
    answers = list(zip(names, await together(question(one) for one in names), strict=True))
    return (
        {one: answer for one, answer in answers if not isinstance(answer, CallError)},
        {one: answer for one, answer in answers if isinstance(answer, CallError)},
    )


def _name(exchange: Exchange) -> str:
    return f"{named(exchange[1])} ({named(exchange[0])})"
