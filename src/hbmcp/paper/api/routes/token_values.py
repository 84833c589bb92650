"""What a token is worth, from the exchange that the rate oracle asks."""

from decimal import Decimal

from attrs import define

from hbmcp.paper.api.routes.base import Paper
from hbmcp.paper.market.listings import EXCHANGES
from hbmcp.paper.market.market import Market

DOLLARS = ("USDT", "USD", "USDC")


@define
class Oracle:
    """The rate oracle's settings, which last until the process ends."""

    source: str = "binance"
    token: str = "USDT"
    symbol: str = "$"


def oracle(paper: Paper) -> Oracle:
    return paper.part("oracle", Oracle)


def in_dollars(market: Market, source: str, token: str, at: int) -> Decimal | None:
    """A token's price; None for a token that the source doesn't trade."""
    if token in DOLLARS:
        return Decimal(1)
    for quote in DOLLARS:
        if f"{token}-{quote}" in EXCHANGES[source].pairs:
            return market.price(source, f"{token}-{quote}", at)
    return None


def rate(market: Market, source: str, pair: str, at: int) -> Decimal | None:
    """BASE-QUOTE, by way of the dollar where the source has no such pair; None where a token is unknown."""
    base, _, quote = pair.partition("-")
    base_price, quote_price = in_dollars(market, source, base, at), in_dollars(market, source, quote, at)
    if base_price is None or quote_price is None:
        return None
    return base_price if quote_price == 1 else base_price / quote_price
