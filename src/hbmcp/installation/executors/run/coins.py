"""The coins on spot that running executors count on: bought to be sold again, or still to be sold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import money, ratio
from hbmcp.installation.answer_fields import Fields, array, number
from hbmcp.installation.balances import NEARLY, Coins
from hbmcp.installation.executors.plan.stake import told_value
from hbmcp.installation.executors.run.record import ZERO, Executor
from hbmcp.installation.executors.run.running import running
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.pairs import base_of
from hbmcp.store import TO_REDUCE
from hbmcp.text import named


@frozen
class Remaining:
    """So many `units` of some coins, of about this `price`, are left once something is sold."""

    coins: Coins
    units: Decimal
    price: Decimal


async def counting_on(installation: Installation, remaining: Sequence[Remaining]) -> list[str]:
    """A sentence for each place where executors count on more coins than remain, or where that can't be read; nothing
    is asked where there is none. Uses search_executors. Raises nothing, and holds nothing back for long."""
    if not remaining:
        return []
    found = await answer_within(running(installation), TO_REDUCE)
    if isinstance(found, CallError):
        return [f"Whether executors count on these coins couldn't be read: {found.happened}"]
    said = []
    for left in remaining:
        counted = [(one, units) for one in found if (units := units_counted_on(one, left.coins, left.price))]
        needed = sum((units for _, units in counted), ZERO)
        if left.units < needed * NEARLY:
            which = ", ".join(f"{named(one.kind)} {named(one.id)}" for one, _ in counted)
            counts, it = ("counts", "it") if len(counted) == 1 else ("count", "them")
            said.append(
                f"{which} {counts} on about {money(needed):f} {named(left.coins[2])} there, and this leaves "
                f"{money(max(left.units, ZERO)):f}: what {it} would sell then fails. stop_executor first ends {it}."
            )
    return said


def units_counted_on(executor: Executor, coins: Coins, price: Decimal) -> Decimal:
    """About how many of these coins it holds to sell them again, or has still to sell; 0 where it trades others."""
    account, connector, token = coins
    if executor.account != account or (executor.connector, base_of(executor.pair)) != (connector, token):
        return ZERO
    position = executor.figure("position_size_quote") if executor.kind == "grid_executor" else executor.filled
    traded = position or ZERO
    if executor.side == "BUY":
        return ZERO if executor.keeps else ratio(traded, executor.figure("current_position_average_price") or price)
    config = Fields(executor.config)

    def told(name: str) -> Any:
        return config.known(name, array(number) if name == "amounts_quote" else number)

    whole = told_value(told, price) or ZERO
    return ratio(max(whole - traded, ZERO), price)
