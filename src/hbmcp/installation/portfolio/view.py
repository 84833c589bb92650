"""How a portfolio's worth is shown: by exchange account, and what is left out as dust."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from hbmcp.figures import cents
from hbmcp.installation.portfolio.distribution import DUST, HoldingSum, Row, sum_holdings, total_value, value_row
from hbmcp.installation.portfolio.holdings import CURRENCY, Place
from hbmcp.installation.portfolio.valuation import Valuation
from hbmcp.text import named


def place_rows(found: Valuation, columns: Sequence[str], key: Callable[[Place], tuple[str, ...]]) -> list[Row]:
    """The value of exchange accounts by what `key` makes of them, with the P&L of the positions there."""
    rows = []
    for one in sum_holdings(found.rows, lambda held: key(held.place)):
        places = [place for place in found.places if key(place) == one.names]
        rows.append(value_row(one, columns, found.value) | found.profit(places, one.value or Decimal(0)))
    return rows


def no_balances(found: Valuation) -> str:
    """What an empty portfolio means."""
    return "No balances." if found.connected.pairs else "No exchange is connected: connect_exchange connects one."


def dust_note(dust: Sequence[HoldingSum]) -> str:
    """What was left out as worth next to nothing; "" where nothing was."""
    if not dust:
        return ""
    value = cents(total_value(part for one in dust for part in one.parts))
    names = ", ".join(named(one.names[0]) for one in dust)
    return f"Not listed, each under {DUST} {CURRENCY} and {value:f} together: {names}. group_by=none lists them."
