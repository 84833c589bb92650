"""Close several positions at once, chosen by where they are and what they lost or gained."""

from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.installation.closing.execution import close
from hbmcp.installation.closing.plan import NOTHING_SENT, plan_close
from hbmcp.installation.closing.pnl_threshold import PnlThreshold
from hbmcp.installation.closing.result import Closing
from hbmcp.installation.closing.view import closing_report, dry_run_answer, nothing_to_close
from hbmcp.installation.installation import Installation, together
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.position import Basis, Position, Side
from hbmcp.results.answer import Answer

AT_ONCE = 3  # positions under way: each takes several requests at a time
WAIT = 3.0  # seconds for what became of an order


async def close_positions(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    side: Side | None = None,
    loss_over: Decimal | None = None,
    profit_over: Decimal | None = None,
    of: Basis = "entry",
    dry_run: bool = True,
    confirm: bool = False,
) -> Answer:
    """Closes whole positions that match every filter and are beyond one of the thresholds (see PnlThreshold).

    A dry run shows the orders that would be sent and the positions that would stay. Otherwise one row a position: what
    was closed at what price, or why not; one that fails doesn't stop the others. It is a dry run by default, so that a
    call that says too little moves nothing, and a real one must name a filter or a threshold, and confirm one below 1
    percent, which may be a fraction.

    Raises Refused where nothing is chosen, or not confirmed.
    """
    refuse_spot(connector_name)
    threshold = PnlThreshold(loss_over, profit_over, of)
    if not dry_run and not (threshold.given or any((account_name, connector_name, trading_pair, side))):
        raise Refused(
            "No filter is given: this would close every position of every account.",
            NOTHING_SENT,
            "Name at least one: account_name closes all positions of an account, loss_over those that lose.",
        )
    if not dry_run and not confirm and threshold.doubtful:
        raise Refused(
            f"{threshold.in_words} That may be a fraction meant as a percent.",
            NOTHING_SENT,
            "If so little is meant, repeat it with confirm=true; 5 is 5 %.",
        )
    found = await open_positions(installation, account_name, connector_name, trading_pair)
    rows = [one for one in found.rows if side in (None, one.side)]
    chosen = [one for one in rows if one in threshold]
    kept = [one for one in rows if one not in threshold]
    if not chosen:
        return nothing_to_close(found, kept, threshold)
    if dry_run:
        plans = await together((plan_close(installation, one) for one in chosen), AT_ONCE)
        return dry_run_answer(found, list(zip(chosen, plans, strict=True)), kept, threshold)
    closings = await together((_close(installation, one) for one in chosen), AT_ONCE)
    return closing_report(found, list(zip(chosen, closings, strict=True)), threshold)


async def _close(installation: Installation, position: Position) -> Closing:
    return await close(installation, position, WAIT)
