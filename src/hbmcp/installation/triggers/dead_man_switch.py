"""A dead man's switch: orders are cancelled, and positions closed, unless the same call comes again in time."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import BadArguments, Refused, StoreError
from hbmcp.installation.connections import connections, is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.action import armed
from hbmcp.installation.triggers.asked_condition import met
from hbmcp.installation.triggers.choices import NOTHING_SET
from hbmcp.installation.triggers.condition import Condition
from hbmcp.installation.triggers.creation import Arming, arm
from hbmcp.installation.triggers.ending import plan_ending
from hbmcp.installation.triggers.kept import kept, refused
from hbmcp.installation.triggers.trigger import WAITING, Spec, Tool
from hbmcp.installation.triggers.watching import DURABLE, outlives_clients, watched_by
from hbmcp.results.answer import Answer
from hbmcp.times import MINUTE, now

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
    name = ", ".join(f"{key}={value}" for key, value in given.items())
    try:
        before = [
            one
            for one in (await kept(installation, states=WAITING)).rows
            if one.spec.switch and name in (one.spec.switch, "")
        ]
        watch = await installation.store.watch()
    except StoreError as error:
        raise refused(error) from None
    if not minutes:
        return plan_ending(before) if before else Plan(Answer("No such switch is set."))
    if not outlives_clients(watch):
        raise Refused(
            "Nothing would watch it once this client is gone, which is what it is for. "
            f"Who watches: {watched_by(watch)}.",
            NOTHING_SET,
            f"A person must start `{DURABLE}` first.",
        )
    actions: list[tuple[Tool, Mapping[str, Any]]] = [("cancel_orders", given)]
    if closes:
        actions += [("close_positions", one) for one in await _closing(installation, filters)]
    moment = now()
    when = Condition(of="time", goes="above", level=Decimal(moment + int(minutes * MINUTE)))
    armings, notes = [], ["Call it again within that time to begin anew; minutes=0 ends it."]
    for tool, arguments in actions:
        action = await armed(installation, tool, arguments)
        spec = Spec(when=when, then=action.action, switch=name)
        armings.append(Arming(spec, met(when, Decimal(moment)).shown, action.later))
        notes += [one for one in action.notes if one not in notes]
    replaced = [one.key for one in before]
    return arm("cancel_after", armings, notes, instead=replaced, replaces=", ".join(map(str, replaced)), bonded=False)


async def _closing(installation: Installation, filters: Mapping[str, str]) -> list[Mapping[str, str]]:
    """The filters of what closes the positions: without any those of each account, for close_positions takes no fewer.
    Raises CallError where the accounts can't be read. Uses list_accounts and get_connected_exchanges."""
    if filters:
        return [filters]
    found = await connections(installation)
    found.raise_unread()
    return [{"account_name": name} for name, known in found.by_account.items() if any(map(is_perpetual, known))]
