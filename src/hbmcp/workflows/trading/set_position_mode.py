"""Switch between one-way and hedge mode, and look whether it happened."""

from hbmcp.errors import Failed
from hbmcp.installation.installation import Installation
from hbmcp.installation.orders.position_mode_blockers import position_mode_blockers
from hbmcp.installation.positions.position_mode import Mode, read_position_mode, switch_position_mode
from hbmcp.results.answer import Answer
from hbmcp.text import named


async def set_position_mode(
    installation: Installation, *, account_name: str, connector_name: str, position_mode: Mode
) -> Answer:
    """A sentence: what the mode is now. The API says success also where the exchange changes nothing.

    Raises Failed where the mode stays what it was, OutcomeUnknown where it can't be read back.
    """
    where = f"{named(connector_name)} ({named(account_name)})"
    before = await read_position_mode(installation, account_name, connector_name)
    if before == position_mode:
        return Answer(f"{where} is in {position_mode} mode already: nothing was sent.")
    if await switch_position_mode(installation, account_name, connector_name, position_mode):
        return Answer(f"{where} is in {position_mode} mode now, it was {named(before)}.")
    raise Failed(
        f"{where} stays in {named(before)} mode, although the API said success.",
        "Nothing was changed.",
        await position_mode_blockers(installation, account_name, connector_name),
    )
