"""Cancelling all open orders that match."""

from decimal import Decimal

from hbmcp.errors import Refused
from hbmcp.installation.connections import connections
from hbmcp.installation.executors.run.orders import owners
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.orders.cancellation import planned_cancellation, unprotecting
from hbmcp.installation.orders.cancelling_many import WhichOrders, cancel_all, cancellation_rows, row
from hbmcp.installation.orders.open_orders import PATIENCE, open_orders
from hbmcp.installation.orders.view import KNOWN_ORDERS
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.going_on import going_on
from hbmcp.results.answer import Answer

WAIT = 3.0  # seconds for an order to be gone
NOT_YET = "not_yet: asked to cancel and not seen gone, it can still fill; get_order tells more."


async def cancel_orders(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    side: str | None = None,
    older_than: Decimal | None = None,
    all: bool = False,  # noqa: A002
) -> Plan:
    """Cancels the open orders that match every filter (`older_than` in minutes); one that fails, or is refused because
    it protects, doesn't stop the others. Answers how many were cancelled, filled before, weren't cancelled or aren't
    known to be, and a row for each with what had filled, why not, and which executor's it is, as far as the API tells:
    of a grid's it doesn't.

    It says what goes on there: executors, which may place orders anew, triggers, and of a coin or a pair orders of its
    other quotes.

    Raises Refused without a filter unless `all` is set, and for an account or exchange that isn't there.
    """
    if not (all or any((account_name, connector_name, trading_pair, side, older_than))):
        raise Refused(
            "No filter is given: this would cancel every open order of every account.",
            "Nothing was sent.",
            "Name an account, exchange, pair, side or age; all=true if every order is meant.",
        )
    if account_name or connector_name:
        there = await answer_within(connections(installation, account_name, connector_name), PATIENCE)
        if isinstance(there, Refused):
            raise there
    found, (executors, left) = await all_of(
        open_orders(installation, account_name, connector_name, trading_pair),
        going_on(installation, account_name, connector_name, trading_pair),
    )
    notes = (*found.notes, *left)
    chosen = WhichOrders(side, older_than).among(found)
    if not chosen:
        return Plan(Answer(f"No open order matches, nothing was sent. {KNOWN_ORDERS}", notes))
    owner = owners(executors)
    protecting = await unprotecting(installation, chosen)
    planned = tuple(
        planned_cancellation(one, unprotects=protects) for one, protects in zip(chosen, protecting, strict=True)
    )

    async def commit(installation: Installation) -> Answer:
        ends = await cancel_all(installation, chosen, planned, WAIT)
        value = cancellation_rows(chosen, ends, owner)
        running = {"executors_running": len(executors)} if executors else {}
        return Answer({**value, **running}, (NOT_YET if "not_yet" in value else "", *notes))

    shown = Answer({"would_cancel": [row(one, owner) for one in chosen]}, notes)
    return Plan(shown, planned, commit, severable=True)
