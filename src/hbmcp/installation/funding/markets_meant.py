"""The perpetual markets that a question about funding means, and those that it means where it names none."""

from collections.abc import Sequence

from attrs import frozen

from hbmcp.errors import BadArguments, Refused
from hbmcp.installation.connections import is_perpetual
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.default_exchanges import Exchanges, connected_exchanges
from hbmcp.installation.markets.trading_pairs import Market, Markets, find_markets, shared_markets
from hbmcp.installation.positions.open_positions import open_positions
from hbmcp.installation.positions.position import Position
from hbmcp.text import named

MOST = 10  # pairs that are meant where none is named: each is asked of every exchange
ALL = ["ALL"]  # instead of pairs: those that all exchanges have, whatever is open


@frozen
class MarketsMeant:
    """Each once, what must be said of how they were found, and the open positions where these were asked for; whether
    it was of those alone that something was asked, and not of what others pay."""

    markets: tuple[Market, ...]
    problems: tuple[str, ...]
    positions: tuple[Position, ...] = ()
    positions_alone: bool = False


async def markets_meant(
    installation: Installation, pairs: Sequence[str] | None, connectors: Sequence[str] | None
) -> MarketsMeant:
    """Without pairs those of the open positions, each where it is open or on the exchanges that are named; where
    nothing is open, and for ALL, some that all exchanges have. Without exchanges all perpetual ones that are connected.

    The caller uses get_trading_rules, and what positions and connected_exchanges use. Raises BadArguments for a spot
    exchange, Refused where there are no pairs or exchanges to be meant.
    """
    exchanges = await _exchanges(installation, connectors)
    if pairs == ALL:
        shared = await _shared(installation, exchanges)
        return MarketsMeant(tuple(shared.all), (*exchanges.problems, *shared.problems))
    if pairs:
        found = await find_markets(installation, exchanges.names, pairs)
        return MarketsMeant(tuple(found.all), (*exchanges.problems, *found.problems))
    held = await open_positions(installation)
    if held.rows and not connectors:
        own = tuple(dict.fromkeys(Market(row.connector, row.pair) for row in held.rows))
        return MarketsMeant(own, (*exchanges.problems, *held.notes), held.rows, positions_alone=True)
    if held.rows:
        found = await find_markets(installation, exchanges.names, [row.pair for row in held.rows])
    else:
        found = await _shared(installation, exchanges, held.notes)
    return MarketsMeant(tuple(found.all), (*exchanges.problems, *held.notes, *found.problems), held.rows)


async def _shared(installation: Installation, exchanges: Exchanges, notes: Sequence[str] = ()) -> Markets:
    """Raises Refused where there are none, with these notes."""
    found = await shared_markets(installation, exchanges.names, MOST)
    if not found.all:
        raise Refused(
            " ".join(("The exchanges share no dollar pair.", *notes, *found.problems)),
            "Nothing was done.",
            "Name trading_pairs, e.g. BTC-USDT.",
        )
    return found


async def _exchanges(installation: Installation, names: Sequence[str] | None) -> Exchanges:
    if spot := [name for name in names or () if not is_perpetual(name)]:
        raise BadArguments(
            f"connector_names: no perpetual exchange, so without funding: {', '.join(map(named, spot))}.",
            "Nothing was sent.",
            "Perpetual exchanges are named as binance_perpetual is.",
        )
    if names:
        return Exchanges(tuple(names))
    found = await connected_exchanges(installation, perpetual=True)
    if not found.names:
        raise Refused(
            " ".join(("No perpetual exchange is connected.", *found.problems)),
            "Nothing was done.",
            "Name connector_names, e.g. hyperliquid_perpetual: rates are public.",
        )
    return found
