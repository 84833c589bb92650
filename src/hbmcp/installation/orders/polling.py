"""What became of an order: looking until it rests, is filled, gone or refused."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from attrs import evolve

from hbmcp.errors import CallError
from hbmcp.installation.fills.fills import EARLY, fills
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.api_orders import recorded_orders
from hbmcp.installation.orders.order import Order

if TYPE_CHECKING:
    from hbmcp.store import SentOrder

Enough = Callable[[Order, Order | None], bool]

STEP = 0.25  # seconds from the beginning of a look to that of the next
PATIENCE = 5.0  # seconds for an answer beyond those that are left
NEWEST = 200  # records of one account and exchange, among which a new order is


def is_settled(order: Order, before: Order | None) -> bool:
    """Whether a look at an order tells what became of it; `before` is the look before.

    Refused, or filled to its last part: yes. That it rests or is cancelled must have been seen twice, because its fills
    may be on their way; a market order that rests is about to be filled.
    """
    if order.status in ("FILLED", "FAILED"):
        return not order.missing
    seen_twice = before is not None and (before.status, before.filled) == (order.status, order.filled)
    return seen_twice and (order.ended or (order.rests and order.type != "MARKET"))


async def wait_for_outcome(
    installation: Installation,
    order_id: str,
    account: str,
    connector: str,
    wait: float,
    *,
    sent: "SentOrder | None" = None,
    created: int | None = None,
    enough: Enough = is_settled,
) -> Order:
    """The order as soon as a look at it is `enough`, or else as it is after `wait` seconds; at least one look.

    Status UNKNOWN: nothing was seen of it. `sent` is what was asked for, which the API forgets of an order that was
    refused; `created` (epoch milliseconds) says where to look for one that isn't new. The workflow uses search_orders
    and get_trades. Raises no CallError: what couldn't be read is among the order's doubts.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + wait
    before: Order | None = None
    while True:
        following = clock() + STEP
        order = await look_at_order(
            installation, order_id, account, connector, sent, created, deadline - clock() + PATIENCE
        )
        following = max(following, clock())
        if enough(order, before) or following > deadline:
            return order
        before = order
        await asyncio.sleep(following - clock())


async def look_at_order(
    installation: Installation,
    order_id: str,
    account: str,
    connector: str,
    sent: "SentOrder | None" = None,
    created: int | None = None,
    patience: float = PATIENCE,
) -> Order:
    """The order as the newest records and fills of its account and exchange have it now, or those around `created`."""
    where: Any = {"account_name": account, "connector_name": connector}
    if created is None:
        read = recorded_orders(installation, **where, limit=NEWEST)
    else:
        read = recorded_orders(installation, **where, start=created - EARLY, end=created + 2 * EARLY)
    records, trades = await all_of(
        answer_within(read, patience), answer_within(fills(installation, **where, start=created), patience)
    )
    doubts = []
    order = Order(order_id, account, connector)
    if isinstance(records, CallError):
        doubts.append(f"The API's record of it couldn't be read: {records.happened}")
    else:
        order = next((one for one in records.rows if one.order_id == order_id), order)
    order = order.remembered(sent)
    if isinstance(trades, CallError):
        doubts.append(f"Its fills couldn't be read: {trades.happened}")
    else:
        order = order.witnessed(trades.rows)
    return evolve(order, doubts=tuple(doubts))
