"""A stop and a target for what is held."""

from decimal import Decimal

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.position import Side
from hbmcp.installation.triggers.condition import PriceKind
from hbmcp.installation.triggers.protection import AskedProtection, plan_protection


async def protect_position(
    installation: Installation,
    *,
    trading_pair: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    side: Side | None = None,
    amount: Decimal | None = None,
    stop: str | None = None,
    target: str | None = None,
    trail_percent: Decimal | None = None,
    trail_from: Decimal | None = None,
    price: PriceKind | None = None,
    holds_for: int = 0,
    replace: bool = False,
) -> Plan:
    """A row for each of the triggers, as create_trigger's answer. See plan_protection for what is refused."""
    asked = AskedProtection(
        trading_pair,
        account_name,
        connector_name,
        side,
        amount,
        stop,
        target,
        trail_percent,
        trail_from,
        price,
        holds_for,
        replace,
    )
    return await plan_protection(installation, asked)
