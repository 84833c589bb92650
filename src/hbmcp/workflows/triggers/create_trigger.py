"""A trigger: when something holds, act or tell."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.asked_condition import AskedCondition
from hbmcp.installation.triggers.asked_trigger import AskedTrigger, plan_trigger
from hbmcp.installation.triggers.trigger import Tool


async def create_trigger(
    installation: Installation,
    *,
    watch: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    account_name: str | None = None,
    above: str | None = None,
    below: str | None = None,
    trail_percent: Decimal | None = None,
    trail_from: Decimal | None = None,
    price: str | None = None,
    other_connector: str | None = None,
    side: str | None = None,
    measure: str | None = None,
    holds_for: int | None = None,
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
) -> Plan:
    """Its `id`, what it `will` do in words, the value `now`, how far the level is, what it is `worth` in quote where it
    opens, until when it waits, and who watches it. See plan_trigger for what is refused."""
    condition = AskedCondition.of(
        watch=watch,
        connector_name=connector_name,
        trading_pair=trading_pair,
        account_name=account_name,
        above=above,
        below=below,
        trail_percent=trail_percent,
        trail_from=trail_from,
        price=price,
        other_connector=other_connector,
        side=side,
        measure=measure,
        holds_for=holds_for,
    )
    asked = AskedTrigger(
        then, arguments, expires, every, times, total, cancels or (), bool(now_if_met), slip, note or ""
    )
    return await plan_trigger(installation, condition, asked)
