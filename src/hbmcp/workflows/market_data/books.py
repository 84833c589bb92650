"""Order books as the API sees them now."""

from hbmcp.workflows import Installation
from hbmcp.workflows.market_data.depth import Book, Level, Side, Walk
from hbmcp_tools import market_data

__all__ = ["DEEPEST", "Book", "Level", "Side", "Walk", "book"]

DEEPEST = 1000  # levels a side, the most that the API gives; exchanges have fewer


async def book(installation: Installation, connector_name: str, trading_pair: str, depth: int = DEEPEST) -> Book:
    """The first `depth` levels of each side; a side may be empty. The workflow uses get_orderbook. Raises CallError,
    ApiFailed for a pair that the exchange doesn't have."""
    answer = await installation.ask(
        market_data.get_orderbook, connector_name=connector_name, trading_pair=trading_pair, depth=depth
    )
    return Book.from_answer(answer)
