"""Tools of one's own. What a plugin needs:

    from hbmcp.plugins import Installation, mcp
    from hbmcp_tools import market_data

    @mcp.tool(reads=True)
    async def spread_of(installation: Installation, connector_name: str, trading_pair: str) -> str:
        \"\"\"The spread of a pair's order book, in percent of the mid price.\"\"\"
        book = await installation.ask(
            market_data.get_orderbook, connector_name=connector_name, trading_pair=trading_pair
        )
        …

docs/plugins.md says the rest. All but `mcp` is imported only when it is asked for: it brings what a call needs.
"""

from typing import TYPE_CHECKING, Any

from hbmcp.plugins.registry import mcp

if TYPE_CHECKING:
    from hbmcp.errors import BadArguments, CallError, Refused
    from hbmcp.installation.installation import Installation
    from hbmcp.installation.plan import Plan
    from hbmcp.installation.planned_request import PlannedRequest, Stake
    from hbmcp.plugins.planning import in_turn, planned
    from hbmcp.results.answer import Answer

__all__ = [
    "Answer",
    "BadArguments",
    "CallError",
    "Installation",
    "Plan",
    "PlannedRequest",
    "Refused",
    "Stake",
    "in_turn",
    "mcp",
    "planned",
]

_FROM = {
    "Answer": "hbmcp.results.answer",
    "BadArguments": "hbmcp.errors",
    "CallError": "hbmcp.errors",
    "Installation": "hbmcp.installation.installation",
    "Plan": "hbmcp.installation.plan",
    "PlannedRequest": "hbmcp.installation.planned_request",
    "Refused": "hbmcp.errors",
    "Stake": "hbmcp.installation.planned_request",
    "in_turn": "hbmcp.plugins.planning",
    "planned": "hbmcp.plugins.planning",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _FROM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_FROM[name]), name)
