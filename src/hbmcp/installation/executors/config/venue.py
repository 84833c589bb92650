"""Where an executor is to trade: that it is there, its rules, its prices, and the account's balance."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from attrs import frozen

from hbmcp.errors import CallError, Failed
from hbmcp.installation.balances import balances
from hbmcp.installation.connections import connections
from hbmcp.installation.executors.config.config import Config
from hbmcp.installation.executors.plan.plan import Market
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.order_book import book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_rules import Rule, rule


@frozen
class Place:
    """One market that an executor trades on."""

    connector: str
    pair: str
    rule: Rule


async def places(installation: Installation, account_name: str, config: Config) -> list[Place]:
    """The markets of a configuration, but not those of the Gateway, which no account is connected to.

    The workflow uses list_accounts, get_connected_exchanges and get_trading_rules. Raises Refused for an account, an
    exchange or a pair that isn't there.
    """
    exchanges = [(connector, pair) for connector, pair in config.markets if not on_chain(connector)]
    connectors: Sequence[str | None] = list(dict.fromkeys(connector for connector, _ in exchanges)) or [None]
    for connector in connectors:
        await _connected(installation, account_name, connector)
    return [Place(connector, pair, await rule(installation, connector, pair)) for connector, pair in exchanges]


async def place(installation: Installation, account_name: str, connector_name: str, trading_pair: str) -> Place:
    """One market. As `places`."""
    await _connected(installation, account_name, connector_name)
    return Place(connector_name, trading_pair, await rule(installation, connector_name, trading_pair))


async def _connected(installation: Installation, account_name: str, connector_name: str | None) -> None:
    found = await connections(installation, account_name, connector_name)
    for error in found.unread.values():
        raise error


def on_chain(connector_name: str) -> bool:
    """Whether it is a network of the Gateway, as solana-mainnet-beta is, or an exchange on one, as jupiter/router."""
    return "-" in connector_name or "/" in connector_name


async def market(installation: Installation, place: Place) -> Market:
    """Its prices now. The workflow uses get_prices and get_orderbook. Raises CallError."""
    mid, top = await asyncio.gather(middle(installation, place), book(installation, place.connector, place.pair, 1))
    return Market(mid, top.bid or mid, top.ask or mid)


async def middle(installation: Installation, place: Place) -> Decimal:
    """Its price now. The workflow uses get_prices. Raises CallError."""
    found = (await prices(installation, place.connector, [place.pair]))[place.pair]
    if isinstance(found, CallError):
        raise found
    if found <= 0:
        raise Failed(f"{place.connector} has no price of {place.pair} now.", "Nothing was sent.")
    return found


async def available(installation: Installation, account_name: str, connector_name: str, token: str) -> Decimal:
    """Units of a token that neither orders nor positions hold. The workflow uses get_portfolio_state. Raises
    CallError."""
    found = await balances(installation, account_name, connector_name)
    return sum((one.available or Decimal(0) for one in found if one.token == token), Decimal(0))
