"""An executor that names no order of its own a moment after its start: what may truly be said of that."""

from hbmcp.errors import CallError
from hbmcp.figures import money, plain
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.run.orders import CUT, orders_since
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.order import Order
from hbmcp.text import named

WAITS = "It has placed no order yet: it waits for its price or time."
UNNAMED = "It names no order of its own yet"
LOOK = "get_executor tells what became of it."


async def no_orders_note(installation: Installation, executor: Executor, config: Config) -> str:
    """That it waits only where its type can wait, and nothing was placed on its pair since it began.

    The workflow uses search_orders and get_trades. Raises nothing.
    """
    if not executor.pair or not executor.connector:  # on two markets
        return f"{UNNAMED}. {LOOK}"
    try:
        found = await orders_since(installation, executor)
    except CallError as error:
        return f"{UNNAMED}, and whether it has traded couldn't be read: {error.happened}"
    if placed := [order for order in found.rows if executor.side in (None, order.side)]:
        done = "; ".join(map(_order_text, placed))
        return f"{UNNAMED}, but since it began, most likely by it: {done}. Look with get_executor before you trade on."
    if not found.complete:
        return f"{UNNAMED}. {CUT}"
    if _may_wait(config):
        return WAITS
    return f"{UNNAMED}, and of {named(executor.pair)} none is recorded since it began. {LOOK}"


def _order_text(order: Order) -> str:
    """ "SELL 0.01 BTC-USDT traded at 60000 (order x-1)" """
    if order.filled:
        at = "" if order.average_price is None else f" at {money(order.average_price):f}"
        what = f"{plain(order.filled):f} {named(order.pair)} traded{at}"
    else:
        what = (
            f"{'' if order.amount is None else f'{plain(order.amount):f} '}{named(order.pair)} is {named(order.status)}"
        )
    return f"{order.side} {what} (order {named(order.order_id)})"


def _may_wait(config: Config) -> bool:
    """Whether anything but its start decides when its first order is placed."""
    if config.kind == "dca_executor":
        return config.get("mode") == "TAKER" or bool(config.get("activation_bounds"))
    return config.kind in ("position_executor", "grid_executor") and bool(config.get("activation_bounds"))
