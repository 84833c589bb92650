"""The ids that GeckoTerminal has for networks, and for the DEXes of one."""

from hbmcp.installation.answer_fields import data
from hbmcp.installation.installation import Installation
from hbmcp.installation.json_api import resource
from hbmcp.results.answer import Answer
from hbmcp_tools import geckoterminal


async def list_onchain_dexes(
    installation: Installation, *, network: str | None = None, page: int | None = None
) -> Answer:
    """A row each, a hundred or so in a page."""
    if network is None:
        found = await installation.read(data(resource), geckoterminal.list_onchain_networks, page=page)
    else:
        found = await installation.read(data(resource), geckoterminal.list_network_dexes, network=network, page=page)
    if not found:
        return Answer("There are none, or none in this page.")
    return Answer([{"id": one.id, "name": one.attributes.get("name")} for one in found])
