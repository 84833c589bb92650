"""Close several positions at once, chosen by where they are and what they lost or gained."""

from decimal import Decimal

from hbmcp.errors import NOTHING_SENT, CallError, Refused
from hbmcp.installation.closing.execution import close, refuse_outside
from hbmcp.installation.closing.plan import ClosePlan, plan_close
from hbmcp.installation.closing.pnl_threshold import PnlThreshold
from hbmcp.installation.closing.result import Closing
from hbmcp.installation.closing.view import closing_preview, closing_report, nothing_to_close
from hbmcp.installation.executors.run.on_position import executors_on
from hbmcp.installation.installation import Installation, all_of, together
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.open_positions import open_positions, refuse_spot
from hbmcp.installation.positions.position import Basis, Position, Side
from hbmcp.installation.triggers.protected import ending_notes
from hbmcp.installation.triggers.still_acting import still_acting
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
    below_1_percent: bool = False,
    all: bool = False,  # noqa: A002
) -> Plan:
    """Closes whole positions that match every filter and are beyond one of the thresholds (see PnlThreshold).

    A preview shows the orders that would be sent and the positions that would stay. Otherwise one row a position: what
    was closed at what price, or why not; one that fails doesn't stop the others. Both say which executors run there,
    and what else may still trade, where no threshold chooses. Only a preview may name neither a filter nor a threshold
    without `all`, or one below 1 percent, which may be a fraction, without `below_1_percent`.

    Raises Refused for an exchange without positions, and for what only a preview may.
    """
    refuse_spot(connector_name)
    threshold = PnlThreshold(loss_over, profit_over, of)
    found = await open_positions(installation, account_name, connector_name, trading_pair)
    rows = [one for one in found.rows if side in (None, one.side)]
    chosen = [one for one in rows if one in threshold]
    kept = [one for one in rows if one not in threshold]
    where = (account_name, connector_name, trading_pair)
    plans, acting = await all_of(
        together((_plan(installation, one, threshold) for one in chosen), AT_ONCE),
        _acting(installation, threshold, *where, chosen),
    )
    planned = list(zip(chosen, plans, strict=True))
    requests = tuple(plan.planned.request for plan in plans if isinstance(plan, ClosePlan))

    filtered = all or threshold.given or any((*where, side))

    async def commit(installation: Installation) -> Answer:
        if not filtered:
            raise Refused(
                "No filter is given: this would close every position of every account.",
                NOTHING_SENT,
                "Name an account, exchange, pair, side or threshold; all=true if every position is meant.",
            )
        if threshold.doubtful and not below_1_percent:
            raise Refused(
                f"{threshold.in_words} That may be a fraction meant as a percent.",
                NOTHING_SENT,
                "If so little is meant, repeat it with below_1_percent=true; 5 is 5 %.",
            )
        if not chosen:
            return nothing_to_close(found, kept, threshold).with_notes(*acting)
        closings = await together((_close(installation, one, threshold) for one in plans), AT_ONCE)
        gone = [
            one
            for one, closing in zip(chosen, closings, strict=True)
            if isinstance(closing, Closing) and not closing.left
        ]
        ends = await ending_notes(installation, gone, gone=True) if gone else []
        return closing_report(found, list(zip(chosen, closings, strict=True)), threshold).with_notes(*ends, *acting)

    if not chosen:
        return Plan(nothing_to_close(found, kept, threshold).with_notes(*acting), requests, commit)
    shown = closing_preview(found, planned, kept, threshold, filtered=filtered, below_1_percent=below_1_percent)
    return Plan(shown.with_notes(*acting), requests, commit)


async def _acting(
    installation: Installation,
    threshold: PnlThreshold,
    account: str | None,
    connector: str | None,
    pair: str | None,
    chosen: list[Position],
) -> list[str]:
    """The executors that run on what is closed; where all are meant that are open there, what else may still trade."""
    if threshold.given:
        return await executors_on(installation, [one.market for one in chosen])
    return await still_acting(installation, account, connector, pair, closing=chosen)


async def _plan(installation: Installation, position: Position, threshold: PnlThreshold) -> ClosePlan:
    plan = await plan_close(installation, position)
    refuse_outside(plan, threshold)
    return plan


async def _close(installation: Installation, plan: ClosePlan | CallError, threshold: PnlThreshold) -> Closing:
    if isinstance(plan, CallError):
        raise plan
    return await close(installation, plan, WAIT, threshold)
