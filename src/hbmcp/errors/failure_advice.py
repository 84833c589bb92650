"""What to do about a failure that came in words."""

import re

from hbmcp.catalog import NAMES, Catalog, Offer, Tool

_ABSENT = re.compile(r"\b(not[ _]found|no such|n(?:o|')t exist|unknown|not connected|no longer)\b", re.IGNORECASE)


def failure_advice(reason: str, tool: Tool, catalog: Catalog, offer: Offer | None) -> str:
    """Where the reason is that nothing of a name is there, to look up what is, with a tool of the offer if there is
    one; "" where the reason names the tools to call."""
    if not catalog.names.keys().isdisjoint(NAMES.findall(reason)):
        return ""
    if not _ABSENT.search(reason):
        return "Correct the cause before you call it again."
    directory = offer.directory(tool) if offer else None
    return f"Look up what there is{f' with {directory}' if directory else ''}."
