"""What trading cost in fees over a period."""

from typing import Any

from hbmcp.installation.connections import connections
from hbmcp.installation.fills.fees import fee_rows, fee_totals, worth_note
from hbmcp.installation.fills.pagination import all_fills
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.times import now, to_milliseconds, utc


async def get_fees(
    installation: Installation,
    *,
    account_name: str | None = None,
    connector_name: str | None = None,
    start_time: str = "30d",
    end_time: str | None = None,
) -> Answer:
    """Fees by account, exchange and currencies (see fee_rows), and for two rows or more the totals by currency.

    Raises Refused for an account or exchange that isn't there, CallError where the fills can't be read.
    """
    start, end = to_milliseconds(start_time), to_milliseconds(end_time)
    found = await all_fills(installation, account_name, connector_name, None, start=start, end=end)
    period = f"from {utc(start)} to {utc(now() if end is None else end)}"
    if not found.rows:
        await connections(installation, account_name, connector_name)  # raises Refused for a wrong name
        return Answer(f"No fills {period} of orders placed through this API; it has no bot's.")
    rows = fee_rows(found.rows)
    totals = {"totals": dict(fee_totals(found.rows))} if len(rows) > 1 else {}
    whole: dict[str, Any] = {"fees": rows, **totals}
    begins = utc(found.rows[0].time)
    first = f"the first is of {begins}." if found.complete else f"only the latest were read, from {begins} on."
    which = f"Fills {period} of orders placed through this API, no bot's; {first}"
    return Answer(whole, (which, worth_note(found.rows)))
