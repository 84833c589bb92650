"""Which one of the open positions is to be closed."""

from hbmcp.errors import NOTHING_SENT, Refused
from hbmcp.installation.positions.open_positions import OpenPositions
from hbmcp.installation.positions.position import Position, Side
from hbmcp.pairs import is_of
from hbmcp.text import named


def only_position(found: OpenPositions, trading_pair: str, side: Side | None) -> Position:
    """The one of these that is of this pair, or has this base, and on this side, or on either. Raises Refused where
    there is none, or several."""
    matching = [one for one in found.rows if side in (None, one.side) and is_of(one.pair, trading_pair)]
    if len(matching) > 1:
        raise Refused(
            f"{len(matching)} positions match: {'; '.join(map(str, matching))}.",
            NOTHING_SENT,
            "Name the one with its whole trading_pair, account_name, connector_name or side, or use close_positions.",
        )
    if matching:
        return matching[0]
    what = f"{f'{side} ' if side else ''}position of {named(trading_pair)}"
    if found.unread:
        raise Refused(
            f"No {what} could be read.",
            NOTHING_SENT,
            " ".join((*found.notes, "Look at the exchange itself, or try later.")),
        )
    others = "; ".join(map(str, found.rows))
    raise Refused(
        f"There is no open {what}.",
        NOTHING_SENT,
        f"Open is {others}." if others else "get_positions shows what is open.",
    )
