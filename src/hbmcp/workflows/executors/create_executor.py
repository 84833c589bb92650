"""Starting an executor, and looking what became of it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hbmcp.errors import CallError
from hbmcp.installation.balances import available, balances
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.preparation import PATIENCE, prepare
from hbmcp.installation.executors.plan.preview import preview
from hbmcp.installation.executors.plan.size import held_there, share, size, too_large
from hbmcp.installation.executors.plan.unplanned import unplanned, unstartable
from hbmcp.installation.executors.run.no_orders_yet import no_orders_note
from hbmcp.installation.executors.run.polling import wait_until
from hbmcp.installation.executors.run.start import Started, failed_at_once, logged_if_cancelled, planned_start, start
from hbmcp.installation.executors.run.unknown_start import known_executor_ids
from hbmcp.installation.executors.run.view import view
from hbmcp.installation.installation import Installation, all_of, answer_within
from hbmcp.installation.plan import Plan
from hbmcp.installation.triggers.coins_sold import counting_on_sold, sale_by_executor
from hbmcp.results.answer import Answer
from hbmcp.text import named

LOOK = 3.0  # seconds in which its first orders are placed, or it has ended


async def create_executor(
    installation: Installation,
    *,
    account_name: str | None = None,
    executor_type: str,
    config: dict[str, Any],
    max_value: Decimal | None = None,
) -> Plan:
    """How it stands a moment after its start; a preview shows what it comes to, its share of the account's equity on
    the exchange, and its orders.

    Raises BadArguments or Refused for what isn't sent, Failed for one that ended at once, OutcomeUnknown.
    """
    prepared = await prepare(installation, "create_executor", account_name, executor_type, config)
    account, checked, forecast, notes = prepared.account, prepared.config, prepared.forecast, prepared.notes
    taken = "" if account_name else f"It is for {named(account)}, the only account that fits."
    known, rows, held = await all_of(
        known_executor_ids(installation, account, checked),
        answer_within(balances(installation, account, checked.markets[0][0]), PATIENCE),
        held_there(installation, account, prepared),
    )
    told = [] if isinstance(rows, CallError) else rows
    counting = await counting_on_sold(installation, sale_by_executor(account, prepared, told))
    notes = (*counting.notes, *notes)
    found = size(prepared, told, held)
    unfit = too_large(prepared, found, max_value)
    if forecast is None:
        shown = Answer(unplanned(executor_type), notes)
        unfit = await unstartable(installation, checked) or unfit
    else:
        there: Mapping[str, Decimal] | CallError = rows if isinstance(rows, CallError) else available(rows)
        shown = preview(prepared, forecast, there, share(found)).with_notes(*counting.notes)
        notes = (*forecast.notes, *notes)
    planned = planned_start(account, prepared)

    async def commit(installation: Installation) -> Answer:
        started = await start(installation, account, checked, planned, known)
        with logged_if_cancelled(started):
            return await _looked_at(installation, started, checked, (taken, *notes))

    return Plan(shown.with_notes(taken), (planned,), commit, unfit=unfit)


async def _looked_at(installation: Installation, started: Started, config: Config, notes: tuple[str, ...]) -> Answer:
    seen = await wait_until(installation, started.executor_id, lambda one: one.ended or one.has_placed_orders, LOOK)
    if isinstance(seen, CallError):
        return Answer(
            {"executor_id": started.executor_id, "status": started.status},
            (f"It was started, but couldn't be looked at: {seen.happened}", *notes),
        )
    if seen.failed:
        raise failed_at_once(seen)
    waiting = "" if seen.ended or seen.has_placed_orders else await no_orders_note(installation, seen, config)
    return await view(installation, seen, (waiting, *notes))
