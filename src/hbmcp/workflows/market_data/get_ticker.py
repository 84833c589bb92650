"""Prices of pairs on one or more exchanges, with bid, ask, spread and the change in 24 hours."""

from hbmcp.errors import ApiFailed
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.default_exchanges import Exchanges, connected_exchanges
from hbmcp.installation.markets.ticker import tickers
from hbmcp.installation.markets.trading_pairs import find_markets
from hbmcp.results.answer import Answer


async def get_ticker(
    installation: Installation, *, trading_pairs: list[str], connector_names: list[str] | None = None
) -> Answer:
    """One row a market: `last_price` (of a trade), `bid` and `ask`, `spread_percent` = 100 (ask - bid) / mid,
    and `change_24h_percent`, that price against the close of the last minute that had ended 24 hours ago.

    Without exchanges those that are connected. Raises CallError where no market has a price.
    """
    exchanges = Exchanges(tuple(connector_names)) if connector_names else await connected_exchanges(installation)
    markets = await find_markets(installation, exchanges.names, trading_pairs)
    found = await tickers(installation, markets.all)
    problems = (
        *exchanges.problems,
        *markets.problems,
        *markets.stand_ins,
        *(problem for one in found for problem in one.problems),
    )
    rows = [one.row for one in found if one.known]
    if not rows:
        raise ApiFailed("No price was found.", " ".join(problems), "get_trading_rules lists the pairs of an exchange.")
    return Answer(rows, problems)
