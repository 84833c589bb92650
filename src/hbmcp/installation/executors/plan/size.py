"""How much of its account an executor can come to."""

from collections.abc import Sequence
from decimal import Decimal

from hbmcp.errors import CallError, Refused
from hbmcp.figures import plain
from hbmcp.installation.balances import Balance
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.executors.plan.preparation import PATIENCE, Prepared
from hbmcp.installation.executors.plan.stake import whole_value
from hbmcp.installation.installation import Installation, answer_within
from hbmcp.installation.orders.size_check import Asked, Size, refuse_too_large, size_of
from hbmcp.installation.positions.open_positions import listed_positions
from hbmcp.installation.positions.position import Position
from hbmcp.text import named


async def held_there(installation: Installation, account_name: str, prepared: Prepared) -> list[Position] | None:
    """The positions where it trades first; None on spot, and where they can't be read. Uses list_positions."""
    connector, _ = prepared.config.markets[0]
    if not is_perpetual(connector):
        return None
    found = await answer_within(listed_positions(installation, account_name, connector), PATIENCE)
    return None if isinstance(found, CallError) else found


def size(prepared: Prepared, balances: Sequence[Balance], held: Sequence[Position] | None) -> Size | None:
    """Of all that it may ever hold, where it trades first; None where no price is known. What is to CLOSE a position
    adds nothing, and has none either."""
    value = whole_value(prepared)
    if value is None or prepared.config.get("position_action") == "CLOSE":
        return None
    return size_of(value, prepared.config.markets[0][1], balances, held)


def share(found: Size | None) -> dict[str, Decimal | None]:
    """As it stands in a preview, where the whole value stands already."""
    return {} if found is None else {name: one for name, one in found.shown.items() if name != "notional"}


def too_large(prepared: Prepared, found: Size | None, max_value: Decimal | None) -> Refused | None:
    """What `refuse_too_large` raises. What is to CLOSE a position needs no figure."""
    config = prepared.config
    if config.get("position_action") == "CLOSE":
        return None
    connector, pair = config.markets[0]
    base, _, quote = pair.rpartition("-")
    amount, side = config.get("amount"), config.get("side")
    what = f"{side or 'trading'} {named(pair)}" if amount is None else f"{side} {plain(amount):f} {named(base)}"
    units = "" if amount is None else f"amount is in {named(base)}, not in {named(quote)}."
    asked = Asked(f"This {config.kind}, {what}, can come to about", connector, pair, units)
    try:
        refuse_too_large(asked, found, max_value)
    except Refused as error:
        return error
    return None
