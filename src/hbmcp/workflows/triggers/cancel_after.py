"""A dead man's switch for orders, and positions if asked."""

from decimal import Decimal

from hbmcp.installation.installation import Installation
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.choices import between
from hbmcp.installation.triggers.dead_man_switch import LONGEST, plan_switch


async def cancel_after(
    installation: Installation,
    *,
    minutes: Decimal,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    all: bool = False,  # noqa: A002
    close_positions: bool = False,
) -> Plan:
    """Its id, in words what it will do, and in how long. See plan_switch for what is refused."""
    between("minutes", minutes, 0, LONGEST)
    given = {"account_name": account_name, "connector_name": connector_name, "trading_pair": trading_pair}
    filters = {name: value for name, value in given.items() if value is not None}
    return await plan_switch(installation, minutes, filters, everything=all, closes=close_positions)
