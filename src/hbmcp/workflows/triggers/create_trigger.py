"""A trigger: when something holds, act or tell."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Unpack

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.asked_condition import AskedCondition, ConditionArguments
from hbmcp.installation.triggers.asked_trigger import AskedTrigger, plan_trigger
from hbmcp.installation.triggers.trigger import Tool


async def create_trigger(
    installation: Installation,
    *,
    trail_percent: Decimal | None = None,
    trail_from: Decimal | None = None,
    then: Tool | None = None,
    arguments: Mapping[str, Any] | None = None,
    expires: str | None = None,
    every: int | None = None,
    times: int | None = None,
    total: Decimal | None = None,
    cancels: Sequence[int] | None = None,
    slip: Decimal | None = None,
    now_if_met: bool | None = None,
    note: str | None = None,
    at_exchange: bool | None = None,
    **condition: Unpack[ConditionArguments],
) -> Plan:
    """Its `id`, what it `will` do in words, the value `now`, how far the level is, what it is `worth` in quote where it
    opens, until when it waits, and who watches it. See plan_trigger for what is refused."""
    waited_for = AskedCondition.of(trail_percent=trail_percent, trail_from=trail_from, **condition)
    asked = AskedTrigger(
        then=then,
        arguments=arguments,
        expires=expires,
        every=every,
        times=times,
        total=total,
        cancels=cancels or (),
        now_if_met=bool(now_if_met),
        slip=slip,
        note=note or "",
        at_exchange=bool(at_exchange),
    )
    return await plan_trigger(installation, waited_for, asked)
