"""Every account with its connected exchanges."""

from hbmcp.installation.connections import connections
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp.text import named

UNCONNECTED = "An account without exchanges can't trade until connect_exchange connects one."


async def get_accounts(installation: Installation) -> Answer:
    """One row an account: `account`, and `exchanges`, the connectors it has keys for; null where they are unknown."""
    found = await connections(installation)
    known = {**dict.fromkeys(found.unread), **found.by_account}
    notes = [f"The exchanges of {named(name)} couldn't be read: {error}" for name, error in found.unread.items()]
    if not all(found.by_account.values()):
        notes.append(UNCONNECTED)
    rows = [{"account": account, "exchanges": exchanges} for account, exchanges in known.items()]
    return Answer(rows, (*notes, installation.identity.accounts_remark))
