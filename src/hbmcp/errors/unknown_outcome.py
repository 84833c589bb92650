"""What is said where something other than a read was sent, and nobody knows what became of it."""

from hbmcp.catalog import Offer, Tool
from hbmcp.errors.hierarchy import OutcomeUnknown


def unknown_outcome(tool: Tool, offer: Offer, happened: str, cause: str = "") -> OutcomeUnknown:
    """`happened` goes on after the tool's name: "was sent, but …"; `cause` is what may lie behind it."""
    orders = tool.operation == "POST /trading/orders"
    done = "The order may have been placed" if orders else "It may have been carried out"
    return OutcomeUnknown(
        f"Outcome unknown: {tool.name} {happened}.",
        f"{done}, or it may still be.",
        f"Don't repeat it. First find out: {look(tool, offer)}.{f' {cause}' if cause else ''}",
    )


def look(tool: Tool, offer: Offer) -> str:
    """ "look with get_open_orders, get_order_history" """
    names = offer.lookups(tool)
    return f"look with {', '.join(names)}" if names else "look whether it was done"
