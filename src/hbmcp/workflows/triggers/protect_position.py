"""A stop and a target for what is held."""

from decimal import Decimal

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.asked_condition import LONGEST
from hbmcp.installation.triggers.choices import PRICES, SIDES, between, one_of
from hbmcp.installation.triggers.protection import AskedProtection, plan_protection


async def protect_position(
    installation: Installation,
    *,
    trading_pair: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    side: str | None = None,
    amount: Decimal | None = None,
    stop: str | None = None,
    stop_limit: str | None = None,
    target: str | None = None,
    trail_percent: Decimal | None = None,
    trail_from: Decimal | None = None,
    price: str | None = None,
    holds_for: int | None = None,
    replace: bool | None = None,
    at_exchange: bool | None = None,
) -> Plan:
    """A row for each of the triggers, as create_trigger's answer. See plan_protection for what is refused."""
    asked = AskedProtection(
        trading_pair=trading_pair,
        account_name=account_name,
        connector_name=connector_name,
        side=one_of("side", side, SIDES),
        amount=amount,
        stop=stop,
        stop_limit=stop_limit,
        target=target,
        trail_percent=between("trail_percent", trail_percent, 0, 99),
        trail_from=trail_from,
        price=one_of("price", price, PRICES),
        holds_for=between("holds_for", holds_for, 0, LONGEST) or 0,
        replace=bool(replace),
        at_exchange=bool(at_exchange),
    )
    return await plan_protection(installation, asked)
