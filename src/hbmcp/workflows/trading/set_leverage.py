"""Set a pair's leverage, and look whether the exchange has it."""

from hbmcp.errors import CallError, Failed
from hbmcp.installation.connections import connected_account
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import pair_on
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.leverage import LeverageChange, change_leverage, plan_leverage
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def set_leverage(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str,
    trading_pair: str,
    leverage: int,
) -> Plan:
    """A sentence: what the leverage is now. The API says success also where the exchange refuses, and nothing but an
    open position shows what the exchange has.

    Raises Failed where an open position keeps another, OutcomeUnknown where no answer came and no position shows it.
    """
    account_name = await connected_account(installation, connector_name, account_name)
    trading_pair = await pair_on(installation, connector_name, trading_pair)
    where = f"{named(trading_pair)} on {named(connector_name)} ({named(account_name)})"
    plan = await plan_leverage(installation, account_name, connector_name, trading_pair, leverage)

    async def commit(installation: Installation) -> Answer:
        return Answer(_told(where, await change_leverage(installation, plan)))

    would = f"Would set leverage {leverage} for {where}. {plan.shown}"
    return Plan(Answer(would), (plan.request,), commit)


def _told(where: str, change: LeverageChange) -> str:
    leverage = change.leverage
    if change.confirmed:
        return f"{where} has leverage {leverage} now, as its open position shows.{change.remark}"
    if (lost := change.unanswered) is not None:
        if change.other:
            shows = f"{lost.happened} Its open position shows leverage {change.other}."
            raise type(lost)(shows, lost.undone, lost.advice)
        raise lost
    if change.other:
        raise Failed(
            f"The API said that leverage {leverage} is set for {where}, but its open position shows {change.other}.",
            "So the exchange hasn't changed it.",
            "It may not allow that much, or so little margin; get_positions shows the position.",
        )
    after = change.after
    why = f"positions can't be read: {after.happened}" if isinstance(after, CallError) else "no open position shows it."
    said = f"The API says that leverage {leverage} is set for {where}"
    return f"{said}. That proves nothing, for it says the same where the exchange refused, and {why}"
