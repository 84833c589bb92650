"""Close one position, or a part of it."""

from decimal import Decimal

from hbmcp.installation.closing.execution import close
from hbmcp.installation.closing.plan import min_notional_note, plan_close
from hbmcp.installation.closing.position_choice import only_position
from hbmcp.installation.closing.reduction import WHOLE
from hbmcp.installation.closing.result import closing_notes, closing_row, net_pnl_note
from hbmcp.installation.executors.run.on_position import executors_on
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.position import Side
from hbmcp.installation.triggers.protected import ending_notes
from hbmcp.pairs import whole_pair
from hbmcp.results.answer import Answer, without_nulls


async def close_position(
    installation: Installation,
    *,
    trading_pair: str,
    account_name: str | None = None,
    connector_name: str | None = None,
    side: Side | None = None,
    fraction: Decimal = WHOLE,
    wait: Decimal = Decimal(3),
) -> Plan:
    """What was closed at what price, its P&L before and after its fee, and what is left; see closing_row.

    Raises Refused (nothing was sent) where no position matches, where several do, or where it is too small; Failed
    where the exchange refused the order; OutcomeUnknown where nobody knows what became of it.
    """
    refuse_spot(connector_name)
    found = await open_positions(installation, account_name, connector_name, whole_pair(trading_pair))
    position = only_position(found, trading_pair, side)
    plan, acting = await all_of(
        plan_close(installation, position, fraction), executors_on(installation, [position.market])
    )
    request = plan.planned.request

    async def commit(installation: Installation) -> Answer:
        closing = await close(installation, plan, float(wait))
        ends = await ending_notes(installation, [plan.position], gone=closing.left == 0)
        notes = (*closing_notes(closing), net_pnl_note([closing]), *closing.notes, *found.notes, *ends, *acting)
        return Answer(closing_row(closing), notes)

    would = {"would_place": request.words, "of": str(plan.position), "left": plan.order.rest or None}
    notes = (min_notional_note(plan) or "", *found.notes, *acting)
    return Plan(Answer(without_nulls(would), notes), (request,), commit)
