"""What a running executor holds, in words."""

from hbmcp.errors import CallError
from hbmcp.figures import money, plain
from hbmcp.installation.executors.run.orders import Traded, orders_of
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.executors.run.view import open_text
from hbmcp.installation.installation import Installation
from hbmcp.text import named

KEPT_BY_NATURE = ("arbitrage_executor", "xemm_executor", "lp_executor")  # no position that a stop could close


async def held_now(installation: Installation, executor: Executor) -> str:
    """ "LONG 0.02 BTC" by its fills, a grid's by what it tells; "" where it holds nothing. What can't be told is said
    where it has traded. The workflow uses search_orders and get_trades. Raises nothing."""
    if executor.reduces or executor.only_trades or executor.kind in KEPT_BY_NATURE:
        return ""
    if executor.kind == "grid_executor":
        held, average = executor.figure("position_size_quote"), executor.figure("current_position_average_price")
        at = f", at {money(average):f} on average" if average is not None else ""
        return f"a position of {plain(held):f} {named(executor.quote)}{at}" if held is not None else ""
    try:
        found = await orders_of(installation, executor)
    except CallError as error:
        return f"an amount that isn't known ({error})" if executor.filled or executor.order_ids else ""
    net = Traded.of(found.fills, "BUY").amount - Traded.of(found.fills, "SELL").amount
    if net:
        return open_text(executor, net)
    traded = executor.filled and not found.fills
    return (
        f"what it has traded, {plain(executor.filled):f} {named(executor.quote)}, less what it closed" if traded else ""
    )
