"""Where an executor is to trade: that it is there, its rules and its prices."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError, Failed
from hbmcp.installation.connections import connections
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import MarketPrices
from hbmcp.installation.installation import Installation, all_of
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.markets.price_doubt import price_doubt
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_rules import Rule, rule
from hbmcp.text import named


@frozen
class Venue:
    """One market that an executor trades on."""

    connector: str
    pair: str
    rule: Rule


def exchanges_in(given: Mapping[str, Any]) -> list[str]:
    """Those that a configuration names, as it is written, whose keys an account must have."""
    sides = [side for name in ("buying_market", "selling_market") if isinstance(side := given.get(name), Mapping)]
    names = [one.get("connector_name") for one in sides or [given]]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name and not on_chain(name)))


async def venues_of(installation: Installation, account_name: str, config: Config) -> list[Venue]:
    """The markets of a configuration, but not those of the Gateway, which no account is connected to.

    The workflow uses list_accounts, get_connected_exchanges and get_trading_rules. Raises Refused for an account, an
    exchange or a pair that isn't there.
    """
    exchanges = [(connector, pair) for connector, pair in config.markets if not on_chain(connector)]
    connectors: Sequence[str | None] = list(dict.fromkeys(connector for connector, _ in exchanges)) or [None]
    for connector in connectors:
        await _connected(installation, account_name, connector)
    return [Venue(connector, pair, await rule(installation, connector, pair)) for connector, pair in exchanges]


async def venue_at(installation: Installation, account_name: str, connector_name: str, trading_pair: str) -> Venue:
    """One market. As `venues_of`."""
    await _connected(installation, account_name, connector_name)
    return Venue(connector_name, trading_pair, await rule(installation, connector_name, trading_pair))


async def _connected(installation: Installation, account_name: str, connector_name: str | None) -> None:
    (await connections(installation, account_name, connector_name)).raise_unread()


def on_chain(connector_name: str) -> bool:
    """Whether it is a network of the Gateway, as solana-mainnet-beta is, or an exchange on one, as jupiter/router."""
    return "-" in connector_name or "/" in connector_name


async def market_prices(installation: Installation, venue: Venue) -> MarketPrices:
    """Its prices now. The workflow uses get_prices and get_orderbook. Raises CallError."""
    mid, top = await all_of(mid_price(installation, venue), book(installation, venue.connector, venue.pair, 1))
    return MarketPrices(mid, top.bid or mid, top.ask or mid)


def seen_doubt(venue: Venue, seen: MarketPrices) -> str:
    """That its price and its order book can't both be of now; "" where they can."""
    return price_doubt(venue.pair, venue.connector, seen.mid, seen.bid, seen.ask)


async def mid_price(installation: Installation, venue: Venue) -> Decimal:
    """Its price now. The workflow uses get_prices. Raises CallError."""
    found = (await prices(installation, venue.connector, [venue.pair]))[venue.pair]
    if isinstance(found, CallError):
        raise found
    if found <= 0:
        raise Failed(f"{named(venue.connector)} has no price of {named(venue.pair)} now.", "Nothing was sent.")
    return found
