"""Placing several orders, checked together."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hbmcp.installation.executors.run.on_position import executors_on
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.orders.asked_orders import asked_orders, with_accounts
from hbmcp.installation.orders.order import Order
from hbmcp.installation.orders.several_orders import NOT_SENT, placed_rows, prepare_orders, send_orders
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.coins_sold import after_sale, counting_on_sold, sales_of
from hbmcp.results.answer import Answer

WAIT = 3.0  # seconds for what became of an order
STOPPED = f"{NOT_SENT}: it wasn't placed; without a reason, because of the one before."
UNKNOWN = "UNKNOWN: don't send it again before get_order_history shows what became of it."


async def place_orders(
    installation: Installation, *, orders: Sequence[Mapping[str, Any]], max_value: Decimal | None = None
) -> Plan:
    """Up to 20 orders, each with the arguments of place_order; see asked_orders. All are checked, also for what they
    take together, before the first is sent; `max_value` is the most that those of one exchange may be worth.

    How many came to what, and a row for each. Raises BadArguments or Refused where any of them can't be sent: then none
    was.
    """
    asked = asked_orders(await with_accounts(installation, orders))
    several = await prepare_orders(installation, asked, max_value)
    acting, counting = await all_of(
        executors_on(installation, several.closes_on),
        counting_on_sold(installation, sales_of(several.prepared)),
    )
    requests = tuple(one.request for one in several.planned)

    async def commit(installation: Installation) -> Answer:
        ends, notes = await send_orders(installation, several, WAIT)
        value = placed_rows(several, ends)
        told = (STOPPED if NOT_SENT in value else "", UNKNOWN if "UNKNOWN" in value else "")
        seen = [end if isinstance(end, Order) else None for end in ends]
        sold = await after_sale(installation, sales_of(several.prepared, seen)) or counting.triggers
        return Answer(value, (*told, *several.notes, *counting.executors, *notes, *acting, *sold))

    shown = Answer({"would_place": [one.words for one in requests]}, (*several.foretold, *counting.notes, *acting))
    return Plan(shown, requests, commit, unfit=several.unfit)
