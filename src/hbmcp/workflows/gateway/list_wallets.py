"""Gateway's wallets, and which chains have no default that works."""

from hbmcp.installation.gateway.wallets import readable_wallets
from hbmcp.installation.installation import Installation
from hbmcp.results.answer import Answer
from hbmcp_tools import gateway


async def list_wallets(installation: Installation) -> Answer:
    """A row each chain, as Gateway tells it."""
    answer = await installation.ask(gateway.read_wallets)
    return Answer(answer, tuple(one.doubt for one in readable_wallets(answer)))
