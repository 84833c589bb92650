"""Every account with its connected exchanges."""

from hbmcp.workflows import Answer, Installation
from hbmcp.workflows.accounts.connections import connections

# Said where an assistant begins: the names of these accounts and exchanges look real.
PAPER = "These are accounts of a paper exchange inside hbmcp: prices are simulated, nothing is real money."
UNCONNECTED = "An account without exchanges can't trade until add_credential connects one."


async def get_accounts(installation: Installation) -> Answer:
    """One row an account: `account`, and `exchanges`, the connectors it has keys for; null where they are unknown."""
    found = await connections(installation)
    known = {**dict.fromkeys(found.unread), **found.by_account}
    notes = [f"The exchanges of {name} couldn't be read: {error}" for name, error in found.unread.items()]
    if not all(found.by_account.values()):
        notes.append(UNCONNECTED)
    rows = [{"account": account, "exchanges": exchanges} for account, exchanges in known.items()]
    return Answer(rows, (*notes, PAPER if installation.on_paper else ""))
