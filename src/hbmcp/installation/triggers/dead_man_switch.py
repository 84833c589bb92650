"""A dead man's switch: orders are cancelled, and positions closed, unless the same call comes again in time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import BadArguments, Refused, StoreError
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.action import armed
from hbmcp.installation.triggers.asked_condition import met
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.creation import Arming, arm
from hbmcp.installation.triggers.ending import plan_ending
from hbmcp.installation.triggers.kept import kept, refused
from hbmcp.installation.triggers.trigger import WAITING, Spec, Tool, Trigger
from hbmcp.installation.triggers.watching import DURABLE, outlives_clients, watched_by
from hbmcp.results.answer import Answer
from hbmcp.times import now

MINUTE = 60_000  # ms
LONGEST = 1440  # minutes


async def plan_switch(
    installation: Installation, minutes: Decimal, filters: Mapping[str, str], *, everything: bool, closes: bool
) -> Plan:
    """The plan to cancel what these filters of cancel_orders match in so many minutes, in place of the same before; at
    0 to end that. Raises BadArguments without a filter, unless `everything` is meant, and Refused where nobody watches
    who outlives a client, or the store fails."""
    if not (filters or everything or not minutes):
        raise BadArguments(
            "No filter is given: this would cancel every open order of every account.",
            NOTHING_SET,
            "Name an account, exchange or pair; all=true if every order is meant.",
        )
    given: dict[str, Any] = {**filters, **({"all": True} if everything else {})}
    try:
        before = [one for one in (await kept(installation, states=WAITING)).rows if _is_same(one, given)]
        watch = await installation.store.watch()
    except StoreError as error:
        raise refused(error) from None
    if not minutes:
        return plan_ending(before) if before else Plan(Answer("No such switch is set."))
    if not outlives_clients(watch):
        raise Refused(
            f"It would end with the client that it guards against. Who watches: {watched_by(watch)}.",
            NOTHING_SET,
            f"A person must start `{DURABLE}` first.",
        )
    actions: list[tuple[Tool, Mapping[str, Any]]] = [("cancel_orders", given)]
    if closes:
        actions.append(("close_positions", {**filters, "preview": False}))
    moment = now()
    when = Condition(of="time", goes="above", level=Decimal(moment + int(minutes * MINUTE)))
    armings = []
    for tool, arguments in actions:
        action = await armed(installation, tool, arguments)
        spec = Spec(when=when, then=action.action, switch=True)
        armings.append(Arming(spec, met(when, Decimal(moment)).shown, action.later))
    note = "Call it again within that time to begin anew; minutes=0 ends it."
    return arm(armings, [note], instead=[one.key for one in before], bonded=False)


def _is_same(one: Trigger, given: Mapping[str, Any]) -> bool:
    """Whether this is a switch of the same filters, or any is where none are given."""
    if not one.spec.switch or one.spec.then is None:
        return False
    of_filters = {name: value for name, value in one.spec.then.arguments.items() if name not in ("all", "preview")}
    return not given or of_filters == {name: value for name, value in given.items() if name != "all"}
