"""The coins on spot that running executors count on: bought to be sold again, or still to be sold."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import money, plain, ratio
from hbmcp.installation.answer_fields import Fields, array, number
from hbmcp.installation.balances import NEARLY, Coins, balances, units_of
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.plan.stake import told_value
from hbmcp.installation.executors.run.orders import Orders, Traded
from hbmcp.installation.executors.run.record import ZERO, Executor
from hbmcp.installation.executors.run.running import running
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.pairs import base_of
from hbmcp.store import TO_REDUCE
from hbmcp.text import named
from hbmcp.times import now

PATIENCE = 5.0  # seconds for the balance
SETTLED = 60_000  # ms after a fill until balances surely count it


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


async def missing_coins(installation: Installation, executor: Executor, found: Orders) -> str:
    """That of what it bought on spot and hasn't sold less is in its account, some time after its last fill: the API's
    figures can be older than that. Uses get_portfolio_state. Raises nothing."""
    if is_perpetual(executor.connector) or executor.keeps or executor.side != "BUY" or not found.own:
        return ""
    bought = Traded.of(found.fills, "BUY").amount
    own = bought - Traded.of(found.fills, "SELL").amount
    if own <= 0 or max(fill.time for fill in found.fills) > now() - SETTLED:
        return ""
    answer = await answer_within(balances(installation, executor.account, executor.connector), PATIENCE)
    token = base_of(executor.pair)
    if isinstance(answer, CallError):
        return f"Whether the {named(token)} that it bought is still in the account couldn't be read: {answer.happened}"
    units = units_of(answer, token)
    if units is None or units >= own - bought * (1 - NEARLY):
        return ""
    return (
        f"Of the {plain(own):f} {named(token)} that it bought and didn't sell, no more than {plain(units):f} are in "
        "the account now: the others were sold or moved without it, and it can't sell them."
    )


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
