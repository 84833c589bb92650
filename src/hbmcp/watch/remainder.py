"""What the order of a trigger left of a position or of coins that it was to end: it goes on with that."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import NOTHING_SENT, CallError, Refused
from hbmcp.figures import number, plain
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.markets.trading_rules import rule
from hbmcp.installation.orders.lookup import find_order
from hbmcp.installation.orders.order import ENDED
from hbmcp.installation.triggers.coins import of_coins
from hbmcp.installation.triggers.trigger import LIVE, Trigger, written_spec
from hbmcp.pairs import base_of
from hbmcp.store import Store
from hbmcp.text import named
from hbmcp.times import now

PATIENCE = 10.0  # seconds for an answer


@frozen
class Remainder:
    """`units` in base, None where they couldn't be read; `goes_on` is whether another order for them is to come."""

    units: Decimal | None
    base: str
    ended: bool
    goes_on: bool

    @property
    def words(self) -> str:
        """ "0.3 BTC is left, and it goes on with that" """
        if not self.ended and not self.goes_on:
            return "what it doesn't fill isn't protected"
        coins = named(self.base)
        units = f"a part of the {coins}" if self.units is None else f"{plain(self.units):f} {coins}"
        return f"{units} is left, {'and it goes on with that' if self.goes_on else 'which nothing protects'}"


def answered(text: str) -> dict[str, Any]:
    """The object that an answer begins with; empty where there is none."""
    with suppress(ValueError):
        found = json.loads(text.partition("\n")[0])
        if isinstance(found, dict):
            return found
    return {}


async def remainder(
    installation: Installation, trigger: Trigger, arguments: Mapping[str, Any], text: str
) -> Remainder | None:
    """By the answer to its call; None where nothing is left, or it was to end a part only. It doesn't go on where its
    order may still fill, but for one that closes a position as it is then; nor for less than an order can be. Raises
    nothing."""
    protects, said = trigger.spec.protects, answered(text)
    status = said.get("status")
    if protects is None or status is None or not _ends_all(trigger):
        return None
    ended = status in ENDED
    if _tool(trigger) == "close_position":
        units, goes_on = number(said.get("left")), status != "FILLED"  # where it is, more was opened meanwhile
    else:
        asked = number(said.get("amount", arguments.get("amount")))
        units = None if asked is None else asked - (number(said.get("filled_amount")) or Decimal(0))
        goes_on = status == "CANCELLED"
    if status == "FILLED" and not units:
        return None
    if goes_on and units is not None:
        rules = await answer_within(rule(installation, protects.connector_name, protects.trading_pair), PATIENCE)
        goes_on = isinstance(rules, CallError) or not rules.too_few(units)
    return Remainder(units, named(base_of(protects.trading_pair)), ended, goes_on)


async def refuse_beside_another(installation: Installation, trigger: Trigger) -> None:
    """Raises Refused while its last order may still close a part of the position: two could close more than all."""
    protects, references = trigger.spec.protects, trigger.memory.references
    if protects is None or not references or _tool(trigger) != "close_position":
        return
    where = (protects.account_name, protects.connector_name)
    order = await answer_within(find_order(installation, references[-1], *where), PATIENCE)
    if not isinstance(order, CallError) and not order.ended:
        raise Refused(f"Its order {named(references[-1])} hasn't ended.", NOTHING_SENT, "")


async def keep_remainder(store: Store, trigger: Trigger, left: Remainder) -> None:
    """Of coins: it, and those that it is bonded to, are for what is left of them, and sell none of others. Raises
    StoreError."""
    if left.units is None or trigger.spec.protects is None or trigger.spec.protects.amount is None:
        return
    for row in await store.triggers(states=LIVE):
        one = Trigger.of(row)
        if one.key == trigger.key or (row.bond is not None and row.bond == trigger.row.bond):
            spec = written_spec(of_coins(one.spec, left.units))
            await store.rewrite_trigger(one.key, spec, "some of its coins were sold", time=now())


def _ends_all(trigger: Trigger) -> bool:
    then, protects = trigger.spec.then, trigger.spec.protects
    if then is None or protects is None:
        return False
    if then.tool == "close_position":
        return number(then.arguments.get("fraction", 1)) == 1
    return protects.amount is not None or number(then.arguments.get("share")) == 100


def _tool(trigger: Trigger) -> str:
    return "" if trigger.spec.then is None else trigger.spec.then.tool
