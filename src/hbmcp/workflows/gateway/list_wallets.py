"""Gateway's wallets, and which chains have no default that works."""

from hbmcp.installation.gateway.wallets import answered, wallets
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer


async def list_wallets(installation: Installation) -> Answer:
    """A row each chain."""
    answer = await answered(installation)
    return Answer(answer, tuple(one.doubt for one in wallets(answer)))
