"""Executors running and ended, a row each."""

from hbmcp.installation.answer_fields import Fields, array, boolean
from hbmcp.installation.executors.run.list_view import COLUMNS, list_row, money_note
from hbmcp.installation.executors.run.record import Executor
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import pair_if_asked
from hbmcp.results.answer import Answer
from hbmcp.text import named
from hbmcp.times import utc
from hbmcp_tools import executors
from hummingbot_api.request import Json

MOST = 1000  # rows of one answer, the most that limit takes


async def list_executors(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    trading_pair: str | None = None,
    executor_type: str | None = None,
    status: str | None = None,
    controller_id: str | None = None,
    limit: int = 50,
) -> Answer:
    """Rows newest first, with the names and units of get_executor; or a sentence that there is none."""
    trading_pair = await pair_if_asked(installation, connector_name, trading_pair)
    filters = {
        "account_name": account_name,
        "connector_name": connector_name,
        "trading_pair": trading_pair,
        "executor_type": executor_type,
        "status": status,
        "controller_id": controller_id,
    }
    listed, more = await installation.read(_page, executors.search_executors, **filters, limit=limit)  # type: ignore[arg-type]
    found = sorted(listed, key=lambda one: one.created or 0, reverse=True)
    given = ", ".join(f"{name} {named(value)}" for name, value in filters.items() if value is not None)
    if not found:
        return Answer(f"No executor has {given}." if given else "There is no executor, running or ended.")
    way = "Raise limit, or give" if limit < MOST else "Give"
    oldest = next((f", back to {utc(one.created)}" for one in reversed(found) if one.created), "")
    cut = f"There are older ones: the newest {len(found)} are shown{oldest}. {way} status or trading_pair."
    all_time = f"Of all time{oldest}, the oldest recorded{' that matches' if given else ''}."
    notes = (money_note(found), cut if more else all_time)
    return Answer([list_row(one) for one in found], notes, COLUMNS)


def _page(answer: Json) -> tuple[list[Executor], bool]:
    """Its rows, and whether there may be more."""
    fields = Fields(answer)
    paging = fields.known("pagination", Fields)
    more = paging is None or paging.known("has_more", boolean) is not False
    return fields.needed("data", array(Executor.from_row)), more
