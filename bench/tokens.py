"""What a model pays for the tools that a server lists."""

import json
from typing import Any

from hbmcp.tokens import counter

_UNSEEN = ("outputSchema", "_meta", "icons", "execution")  # parts of a tool that no client shows to its model
count, exact = counter()


def listing(tools: list[dict[str, Any]]) -> int:
    """Tokens of a tools/list answer, as compact JSON of what a model is shown."""
    seen = [{key: value for key, value in tool.items() if key not in _UNSEEN} for tool in tools]
    return count(json.dumps(seen, separators=(",", ":")))
