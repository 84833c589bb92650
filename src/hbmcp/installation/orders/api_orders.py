"""The API's two lists of orders, read as orders."""

from typing import Any

from attrs import frozen

from hbmcp.installation.answer_fields import data
from hbmcp.installation.fills.fills import PAGE
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp_tools import trading


@frozen
class OrderPage:
    """Orders as one list has them. `complete` is whether the list can't have held more back."""

    rows: tuple[Order, ...]
    complete: bool


async def recorded_orders(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    status: Any = None,
    start: int | None = None,
    end: int | None = None,
    limit: int = PAGE,
) -> OrderPage:
    """The API's records, newest first; a refused order has no pair, so that a pair hides it. The workflow uses
    search_orders. Raises CallError."""
    rows = await installation.read(
        data(Order.from_row),
        trading.search_orders,
        account_name=account_name,
        connector_name=connector_name,
        trading_pair=trading_pair,
        status=status,
        start_time=None if start is None else str(start),
        end_time=None if end is None else str(end),
        limit=limit,
    )
    return OrderPage(tuple(rows), len(rows) < limit)


async def active_orders(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> OrderPage:
    """The orders that the API's connectors have in hand. Their times can be five minutes early, and the list can be
    empty although orders rest. The workflow uses list_active_orders. Raises CallError."""
    rows = await installation.read(
        data(Order.from_row),
        trading.list_active_orders,
        account_name=account_name,
        connector_name=connector_name,
        trading_pair=trading_pair,
    )
    return OrderPage(tuple(rows), len(rows) < PAGE)
