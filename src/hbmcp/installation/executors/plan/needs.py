"""What an executor needs of the balance: pure."""

from decimal import Decimal

from attrs import frozen

from hbmcp.figures import ratio, times
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import Plan

FEES = Decimal("0.002")  # a share of an order's value that its fee is hardly above


@frozen
class Needs:
    """`units` of `token`, worth `quote`, before fees. Of these up to `fees` come on top, in the same token."""

    units: Decimal
    token: str
    quote: Decimal
    fees: Decimal


def needs(config: Config, plan: Plan) -> Needs:
    """Of all its orders. What is sold on spot is the coins; the fee is taken out of what they bring."""
    base, _, quote = str(config.get("trading_pair")).rpartition("-")
    if not config.perpetual and plan.side == "SELL":
        return Needs(plan.amount, base, plan.quote, Decimal(0))
    reserved = plan.reserved
    if config.get("position_action") == "CLOSE":
        reserved = Decimal(0)
    elif config.perpetual:
        reserved = ratio(reserved, Decimal(config.get("leverage")))
    return Needs(reserved, quote, reserved, times(FEES, plan.quote))
