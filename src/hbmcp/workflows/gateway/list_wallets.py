"""Gateway's wallets, and which chains have no default that works."""

from hbmcp.installation.gateway.wallets import wallets
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer


async def list_wallets(installation: Installation) -> Answer:
    """A row each chain."""
    found = await wallets(installation)
    return Answer([one.row for one in found], tuple(one.doubt for one in found))
