"""What a model pays for the tools that a server lists."""

from typing import Any

from hbmcp.tokens import counter, shown

count, exact = counter()


def listing(tools: list[dict[str, Any]]) -> int:
    """Tokens of a tools/list answer, as `hbmcp tools` counts them."""
    return count(shown(tools))
