"""What the installation's tokens are worth, read by a program: `python examples/worth.py`, on the paper exchange.

Give it the command of another server, `python examples/worth.py hbmcp serve --structured --env-file FILE`.
"""

import asyncio
import sys
from decimal import Decimal

from mcp import Client
from mcp.client.stdio import StdioServerParameters

PAPER = [sys.executable, "-m", "hbmcp", "serve", "--paper", "--structured"]


async def main(command: list[str]) -> None:
    """Print a line for each token. Figures are text, so that no digit is lost."""
    async with Client(StdioServerParameters(command=command[0], args=command[1:])) as client:
        answer = await client.call_tool("get_portfolio_balances", {})
    if answer.is_error or answer.structured_content is None:
        sys.exit(f"Nothing was read: {answer.content}")
    held = answer.structured_content["result"] or {}
    for row in held.get("tokens", ()):
        value = "no price" if row["value"] is None else f"{Decimal(row['value']):,.2f} {held['currency']}"
        print(f"{row['token']:<8}{value:>20}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or PAPER))
