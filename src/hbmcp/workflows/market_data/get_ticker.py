"""Prices of pairs on one or more exchanges, with bid, ask, spread and the change in 24 hours."""

import asyncio
from decimal import Decimal
from typing import Any

from hbmcp.errors import ApiFailed, CallError
from hbmcp.figures import percent
from hbmcp.installation.answer_fields import Fields, array, number
from hbmcp.installation.funding.figures import percent_of
from hbmcp.installation.installation import AT_ONCE, Installation, together
from hbmcp.installation.markets.default_exchanges import Exchanges, connected
from hbmcp.installation.markets.order_book import Book, book
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_pairs import Market, markets
from hbmcp.results.answer import Answer
from hbmcp.times import now
from hbmcp_tools import market_data
from hummingbot_api.request import Json

PATIENCE = 10.0  # seconds for the price of a day ago: a ticker is worth little when it is late
_MINUTE = 60_000
_DAY = 24 * 60 * _MINUTE
_QUIET = 10 * _MINUTE  # so long a market may be without a trade


async def get_ticker(
    installation: Installation, *, trading_pairs: list[str], connector_names: list[str] | None = None
) -> Answer:
    """One row a market: `price` as the API gives it, `bid` and `ask`, `spread_percent` = 100 (ask - bid) / mid, and
    `change_24h_percent`, the price against the close of the last minute that had ended 24 hours ago.

    Without exchanges those that are connected. Raises CallError where no market has a price.
    """
    exchanges = Exchanges(tuple(connector_names)) if connector_names else await connected(installation)
    found = await markets(installation, exchanges.names, trading_pairs)
    asked = {
        connector: [market.pair for market in found.all if market.connector == connector]
        for connector in dict.fromkeys(market.connector for market in found.all)
    }
    priced = await together(prices(installation, connector, pairs) for connector, pairs in asked.items())
    books, before = await asyncio.gather(
        together((book(installation, *market, depth=1) for market in found.all), AT_ONCE // 2),
        together((_day_ago(installation, market) for market in found.all), AT_ONCE // 2),
    )
    price = {
        Market(connector, pair): one
        for connector, answer in zip(asked, priced, strict=True)
        if not isinstance(answer, CallError)
        for pair, one in answer.items()
    }
    rows = []
    problems = [*exchanges.problems, *found.problems]
    for market, top, earlier in zip(found.all, books, before, strict=True):
        last = price[market]
        missing = {"price": last, "bid and ask": top, "24-hour change": earlier}
        problems += [
            f"No {what} of {market.pair} on {market.connector}: {error.happened}"
            for what, error in missing.items()
            if isinstance(error, CallError)
        ]
        if isinstance(last, Decimal) or isinstance(top, Book):
            rows.append(_row(market, last, top, earlier))
    if not rows:
        raise ApiFailed("No price was found.", " ".join(problems), "get_trading_rules lists the pairs of an exchange.")
    return Answer(rows, tuple(problems))


def _row(
    market: Market, price: Decimal | CallError, top: Book | CallError, earlier: Decimal | CallError
) -> dict[str, Any]:
    last = price if isinstance(price, Decimal) else None
    row: dict[str, Any] = {"connector_name": market.connector, "trading_pair": market.pair, "price": last}
    if isinstance(top, Book):
        row |= {"bid": top.bid, "ask": top.ask}
        if top.mid and top.bid is not None and top.ask is not None:
            row["spread_percent"] = percent_of(top.ask - top.bid, top.mid, 4)
    if last is not None and isinstance(earlier, Decimal):
        row["change_24h_percent"] = percent(last - earlier, earlier)
    return row


async def _day_ago(installation: Installation, market: Market) -> Decimal:
    """The price 24 hours ago. Past candles are asked for: the latest ones would start a feed that the API keeps."""
    then = now() - _DAY
    try:
        async with asyncio.timeout(PATIENCE):
            candles = await installation.read(
                array(_candle),
                market_data.get_historical_candles,
                connector_name=market.connector,
                trading_pair=market.pair,
                interval="1m",
                start_time=str(then - _QUIET),
                end_time=str(then),
            )
    except TimeoutError:
        raise ApiFailed(f"candles took longer than {PATIENCE:g} s.") from None
    closes = [close for begun, close in candles if begun * 1000 + _MINUTE <= then]
    if not closes or not closes[-1]:
        raise ApiFailed("the exchange has no candle of that time.")
    return closes[-1]


def _candle(row: Json) -> tuple[Decimal, Decimal]:
    """Its beginning in epoch seconds, and its close."""
    fields = Fields(row)
    return fields.needed("timestamp", number), fields.needed("close", number)
