"""A trigger: when something holds, act or tell."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.position import Basis, Side
from hbmcp.installation.triggers.asked_condition import AskedCondition
from hbmcp.installation.triggers.asked_trigger import AskedTrigger, plan_trigger
from hbmcp.installation.triggers.condition import Of, PriceKind
from hbmcp.installation.triggers.trigger import Tool


async def create_trigger(
    installation: Installation,
    *,
    watch: Of = "price",
    connector_name: str | None = None,
    trading_pair: str | None = None,
    account_name: str | None = None,
    above: str | None = None,
    below: str | None = None,
    trail_percent: Decimal | None = None,
    trail_from: Decimal | None = None,
    price: PriceKind = "last",
    other_connector: str | None = None,
    side: Side | None = None,
    measure: Basis = "entry",
    holds_for: int = 0,
    then: Tool | Literal["tell"] = "tell",
    arguments: Mapping[str, Any] | None = None,
    expires: str = "30d",
    every: int | None = None,
    times: int | None = None,
    total: Decimal | None = None,
    cancels: Sequence[int] | None = None,
    slip: Decimal = Decimal(2),
    now_if_met: bool = False,
    note: str = "",
) -> Plan:
    """Its `id`, what it `will` do in words, the value `now`, how far the level is, what it is `worth` in quote where it
    opens, until when it waits, and who watches it. See plan_trigger for what is refused."""
    condition = AskedCondition(
        watch,
        connector_name,
        trading_pair,
        account_name,
        above,
        below,
        trail_percent,
        trail_from,
        price,
        other_connector,
        side,
        measure,
        holds_for,
    )
    asked = AskedTrigger(
        None if then == "tell" else then,
        arguments,
        expires,
        every,
        times,
        total,
        cancels or (),
        now_if_met,
        slip,
        note,
    )
    return await plan_trigger(installation, condition, asked)
