"""An executor that the API lost when it restarted: what is still open of it, which nothing guards any more."""

from hbmcp.installation.executors.run.kept_position import how_to_close, unguarded
from hbmcp.installation.executors.run.leftovers import leftovers
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp.text import named


async def abandoned_note(installation: Installation, executor: Executor) -> tuple[str, ...]:
    """What is open of its pair now, and how to close it. The workflow uses search_orders, get_trades, list_positions
    and get_prices. Raises nothing."""
    left = await leftovers(installation, executor, frozenset())
    resting = len(left.orders.open) if left.orders else 0
    rest = (
        "1 order rests: cancel_order takes it out."
        if resting == 1
        else f"{resting} orders rest: cancel_order takes them out."
    )
    now = (
        ""
        if left.position is None
        else f"Position of {named(executor.pair)} on {named(executor.connector)} now: {left.position}."
    )
    close = how_to_close(executor, left.own, left.open) if left.own and left.open != () else unguarded(executor)
    return tuple(filter(None, (now, "" if left.open == () else close, rest if resting else "", *left.notes)))
