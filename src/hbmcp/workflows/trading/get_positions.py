"""Open perpetual positions with the arithmetic done."""

from hbmcp.installation.installation import Installation
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.view import WORKED_OUT, no_positions, position_row, position_totals
from hbmcp.results.answer import Answer


async def get_positions(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
) -> Answer:
    """One row a position, and for two or more their totals, one for each quote currency.

    notional = amount * mark_price; unrealized_pnl is the exchange's own figure, without fees and funding;
    pnl_percent_of_entry = 100 * unrealized_pnl / (amount * entry_price), pnl_percent_of_margin that times the leverage.
    margin and liquidation_if_isolated are worked out: see Position. Money is in the pair's quote currency.
    Raises Refused where there can't be positions.
    """
    refuse_spot(connector_name)
    found = await open_positions(installation, account_name, connector_name, trading_pair)
    if not found.rows:
        return Answer(no_positions(found, trading_pair), found.notes)
    rows = [position_row(one) for one in found.rows]
    totals = {"totals": position_totals(found.rows)} if len(rows) > 1 else {}
    return Answer({"positions": rows, **totals}, (*found.notes, WORKED_OUT))
