"""Switch between one-way and hedge mode, and look whether it happened."""

from hbmcp.errors import Failed
from hbmcp.installation.connections import connected_account
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.position_mode_blockers import position_mode_blockers
from hbmcp.installation.plan import Plan
from hbmcp.installation.positions.position_mode import Mode, planned_switch, read_position_mode, switch_position_mode
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def set_position_mode(
    installation: Installation, *, account_name: str | None = None, connector_name: str, position_mode: Mode
) -> Plan:
    """A sentence: what the mode is now. The API says success also where the exchange changes nothing.

    Raises Failed where the mode stays what it was, OutcomeUnknown where it can't be read back.
    """
    account_name = await connected_account(installation, connector_name, account_name)
    where = f"{named(connector_name)} ({named(account_name)})"
    before = await read_position_mode(installation, account_name, connector_name)
    if before == position_mode:
        return Plan(Answer(f"{where} is in {position_mode} mode already: nothing was sent."))
    planned = planned_switch(account_name, connector_name, position_mode)

    async def commit(installation: Installation) -> Answer:
        if await switch_position_mode(installation, planned, account_name, connector_name, position_mode):
            return Answer(f"{where} is in {position_mode} mode now, it was {named(before)}.")
        raise Failed(
            f"{where} stays in {named(before)} mode, although the API said success.",
            "Nothing was changed.",
            await position_mode_blockers(installation, account_name, connector_name),
        )

    would = f"Would switch {where} to {position_mode} mode; it is in {named(before)}."
    return Plan(Answer(would), (planned,), commit)
