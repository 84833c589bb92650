"""Close one position, or a part of it."""

from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.installation.closing.execution import carried_out
from hbmcp.installation.closing.plan import UNSENT, Plan, hindrance, planned
from hbmcp.installation.closing.reduction import WHOLE
from hbmcp.installation.closing.result import Closing, beyond, failure, remarks, row
from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.open_positions import Positions, positions, refuse_spot
from hbmcp.installation.positions.position import Position, Side
from hbmcp.results.answer import Answer

WAIT = Decimal(3)


async def close_position(
    installation: Installation,
    *,
    trading_pair: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    side: Side | None = None,
    fraction: Decimal = WHOLE,
    wait: Decimal = WAIT,
) -> Answer:
    """What was closed at what price, its P&L before and after its fee, and what is left; see closed.row.

    Raises Refused (nothing was sent) where no position matches, where several do, or where it is too small; Failed
    where the exchange refused the order; OutcomeUnknown where nobody knows what became of it.
    """
    refuse_spot(connector_name)
    found = await positions(installation, account_name, connector_name, trading_pair)
    plan = await planned(installation, _only(found, trading_pair, side), fraction)
    seconds = float(wait)
    closing = await _carried_out(installation, plan, seconds)
    if error := failure(closing, seconds):
        raise error
    return Answer(row(closing), (*remarks(closing), beyond([closing]), *closing.notes, *found.notes))


async def _carried_out(installation: Installation, plan: Plan, wait: float) -> Closing:
    """A refusal of what is worth too little says what can be done about it."""
    try:
        return await carried_out(installation, plan, wait)
    except Refused as error:
        if why := hindrance(plan):
            raise Refused(error.happened, error.undone, f"{why} Add to the position, then close all of it.") from None
        raise


def _only(found: Positions, trading_pair: str, side: Side | None) -> Position:
    """The one position that is meant. Raises Refused."""
    matching = [one for one in found.rows if side in (None, one.side)]
    if len(matching) > 1:
        raise Refused(
            f"{len(matching)} positions match: {'; '.join(map(str, matching))}.",
            UNSENT,
            "Name the one with account_name, connector_name or side, or use close_positions.",
        )
    if matching:
        return matching[0]
    what = f"{f'{side} ' if side else ''}position of {trading_pair}"
    if found.unread:
        raise Refused(
            f"No {what} could be read.", UNSENT, " ".join((*found.notes, "Look at the exchange itself, or try later."))
        )
    others = "; ".join(map(str, found.rows))
    raise Refused(
        f"There is no open {what}.", UNSENT, f"Open is {others}." if others else "get_positions shows what is open."
    )
