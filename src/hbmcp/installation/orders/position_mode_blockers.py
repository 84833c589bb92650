"""What keeps an exchange from switching an account's position mode: its open positions and its resting orders."""

from collections.abc import Awaitable, Sequence
from typing import Any

from hbmcp.installation.installation import Installation, together
from hbmcp.installation.orders.api_orders import OrderPage, recorded_orders
from hbmcp.installation.orders.order import RESTING, Order
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.text import named

NAMED = 5  # orders


async def position_mode_blockers(installation: Installation, account_name: str, connector_name: str) -> str:
    """What to close and cancel first; what can't be read isn't named. Uses list_positions and search_orders. Raises no
    CallError."""
    where: Any = {"account_name": account_name, "connector_name": connector_name}
    questions: list[Awaitable[Any]] = [
        listed_positions(installation, **where),
        *(recorded_orders(installation, **where, status=status) for status in RESTING),
    ]
    held, *records = await together(questions)
    first = []
    if isinstance(held, list) and held:
        first.append(
            f"close its positions ({', '.join(f'{one.side} {one.amount:f} {named(one.pair)}' for one in held)})"
        )
    if orders := [order for one in records if isinstance(one, OrderPage) for order in one.rows]:
        first.append(f"cancel its open orders ({_first(orders)})")
    if first:
        return f"First {' and '.join(first)}."
    return (
        "An open order or position keeps it, or no pair is tracked: get_open_orders shows orders, add_trading_pair "
        "tracks a pair."
    )


def _first(orders: Sequence[Order]) -> str:
    """ "BUY 0.01 BTC-USDT x-1, and 3 more" """
    shown = ", ".join(
        f"{one.side} {one.amount or 0:f} {named(one.pair)} {named(one.order_id)}" for one in orders[:NAMED]
    )
    return f"{shown}, and {len(orders) - NAMED} more" if len(orders) > NAMED else shown
