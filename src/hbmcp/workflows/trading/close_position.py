"""Close one position, or a part of it."""

from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.installation.closing.execution import carried_out
from hbmcp.installation.closing.plan import hindrance, planned
from hbmcp.installation.closing.position_choice import only_position
from hbmcp.installation.closing.reduction import WHOLE
from hbmcp.installation.closing.result import beyond, remarks, row
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.position import Side
from hbmcp.results.answer import Answer


async def close_position(
    installation: Installation,
    *,
    trading_pair: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    side: Side | None = None,
    fraction: Decimal = WHOLE,
    wait: Decimal = Decimal(3),
) -> Answer:
    """What was closed at what price, its P&L before and after its fee, and what is left; see closing/result.row.

    Raises Refused (nothing was sent) where no position matches, where several do, or where it is too small; Failed
    where the exchange refused the order; OutcomeUnknown where nobody knows what became of it.
    """
    refuse_spot(connector_name)
    found = await open_positions(installation, account_name, connector_name, trading_pair)
    plan = await planned(installation, only_position(found, trading_pair, side), fraction)
    try:
        closing = await carried_out(installation, plan, float(wait))
    except Refused as error:
        if why := hindrance(plan):
            raise Refused(error.happened, error.undone, f"{why} Add to the position, then close all of it.") from None
        raise
    return Answer(row(closing), (*remarks(closing), beyond([closing]), *closing.notes, *found.notes))
