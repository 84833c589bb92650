"""What goes on when orders are cancelled: what acts there, and of a coin orders of its other quotes."""

from hbmcp.errors import CallError
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.api_orders import active_orders
from hbmcp.installation.triggers.protected import live_triggers
from hbmcp.installation.triggers.still_acting import executors_acting, triggers_acting
from hbmcp.pairs import base_of, is_of, whole_pair
from hbmcp.store import TO_REDUCE
from hbmcp.text import first, named

SHOWN = 10


async def going_on(
    installation: Installation, account: str | None, connector: str | None, asked: str | None
) -> tuple[list[Executor], list[str]]:
    """The executors that run there, and sentences, none where nothing goes on; `asked` is a pair or a base alone, whose
    triggers are named. The workflow uses list_active_orders and search_executors. Raises nothing, and holds nothing
    back for long."""
    if asked is None:
        (executors, acting), waiting = await all_of(
            executors_acting(installation, account, connector, asked),
            triggers_acting(installation, account, connector, asked),
        )
        return executors, [*acting, *waiting]
    orders, triggers, (executors, acting) = await all_of(
        answer_within(_other_quotes(installation, account, connector, asked), TO_REDUCE),
        answer_within(live_triggers(installation), TO_REDUCE),
        executors_acting(installation, account, connector, asked),
    )
    keys = (
        []
        if isinstance(triggers, CallError)
        else [one.key for one in triggers[0] if one.spec.is_about(account, connector, asked)]
    )
    said = []
    if isinstance(orders, dict) and orders:
        pairs = ", ".join(f"{count} of {named(pair)}" for pair, count in orders.items())
        said.append(f"Open orders stay: {pairs}; trading_pair {named(base_of(asked))} means them too.")
    if keys:
        said.append(f"Triggers of it go on: {first(keys, SHOWN)}; cancel_trigger with trading_pair ends them.")
    return executors, [*said, *acting]


async def _other_quotes(
    installation: Installation, account: str | None, connector: str | None, asked: str
) -> dict[str, int]:
    """How many orders there are of each other pair of the same base."""
    if whole_pair(asked) is None:
        return {}
    found: dict[str, int] = {}
    for one in (await active_orders(installation, account_name=account, connector_name=connector)).rows:
        if one.pair != asked and is_of(one.pair, base_of(asked)) and one.pair and not one.ended:
            found[one.pair] = found.get(one.pair, 0) + 1
    return found
