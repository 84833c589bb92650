"""Open perpetual positions with the arithmetic done."""

from collections.abc import Mapping
from decimal import Decimal

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.portfolio.cross_margin import cross_liquidations, margins
from hbmcp.installation.positions.open_positions import OpenPositions, positions_at, refuse_spot
from hbmcp.installation.positions.position import Position
from hbmcp.installation.positions.view import WORKED_OUT, no_positions, position_row, position_totals
from hbmcp.installation.triggers.protected import live_triggers, of_position, protecting, protection_words
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
    margin and liquidation_if_isolated are worked out: see Position; and liquidation_if_cross: see cross_liquidations.
    Money is in the pair's quote currency.
    `protected_by` names triggers, not what rests at the exchange. Raises Refused where there can't be positions.
    """
    refuse_spot(connector_name)
    (found, if_cross, unknown), (triggers, unread) = await all_of(
        _open(installation, account_name, connector_name, trading_pair), live_triggers(installation)
    )
    if not found.rows:
        return Answer(no_positions(found, trading_pair), found.notes)
    rows = [
        position_row(one, if_cross.get(one))
        | ({} if unread else {"protected_by": protection_words(protecting(triggers, of_position(one)))})
        for one in found.rows
    ]
    totals = {"totals": position_totals(found.rows)} if len(rows) > 1 else {}
    unknown = f"liquidation_if_cross isn't known: {unknown}" if unknown else ""
    return Answer({"positions": rows, **totals}, (*found.notes, WORKED_OUT, unknown, unread))


async def _open(
    installation: Installation, account_name: str | None, connector_name: str | None, trading_pair: str | None
) -> tuple[OpenPositions, Mapping[Position, Decimal], str]:
    """The positions, and where they are liquidated with cross margin: exchanges are asked for both at once."""
    connected = await connections(installation, account_name, connector_name)
    async with margins(installation, connected) as asked:
        found = await positions_at(installation, connected, trading_pair)
        return found, *await cross_liquidations(found.rows, asked)
