"""Price, bid, ask and the change in 24 hours of markets."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from hbmcp.errors import CallError
from hbmcp.figures import in_percent, percent, ratio
from hbmcp.installation.installation import AT_ONCE, Installation, all_of, together
from hbmcp.installation.markets.candles import price_at
from hbmcp.installation.markets.order_book import Book, book
from hbmcp.installation.markets.price_doubt import price_doubt
from hbmcp.installation.markets.prices import prices
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.text import named
from hbmcp.times import DAY, now


@frozen
class Ticker:
    """Of one market; an error says why a part is missing. `day_ago` is the price 24 hours ago."""

    market: Market
    price: Decimal | CallError
    best: Book | CallError
    day_ago: Decimal | CallError

    @property
    def known(self) -> bool:
        """Whether there is anything of today to show."""
        return isinstance(self.price, Decimal) or isinstance(self.best, Book)

    @property
    def problems(self) -> Iterator[str]:
        """A sentence for each part that is missing, and that price and book can't both be of now."""
        parts = {"price": self.price, "bid and ask": self.best, "24-hour change": self.day_ago}
        for what, part in parts.items():
            if isinstance(part, CallError):
                yield f"No {what} of {named(self.market.pair)} on {named(self.market.connector)}: {part.happened}"
        if isinstance(self.price, Decimal) and isinstance(self.best, Book):
            (name, pair), best = self.market, self.best
            yield from filter(None, [price_doubt(pair, name, self.price, best.bid, best.ask)])

    @property
    def row(self) -> dict[str, Any]:
        """As it is shown; spread_percent is 100 (ask - bid) / mid. The last price may lie beyond bid and ask."""
        price = self.price if isinstance(self.price, Decimal) else None
        row: dict[str, Any] = {
            "connector_name": self.market.connector,
            "trading_pair": self.market.pair,
            "last_price": price,
        }
        if isinstance(self.best, Book):
            bid, ask, mid = self.best.bid, self.best.ask, self.best.mid
            row |= {"bid": bid, "ask": ask}
            if mid and bid is not None and ask is not None:
                row["spread_percent"] = in_percent(ratio(ask - bid, mid), 4)
        if price is not None and isinstance(self.day_ago, Decimal):
            row["change_24h_percent"] = percent(price - self.day_ago, self.day_ago)
        return row


async def tickers(installation: Installation, markets: Sequence[Market]) -> list[Ticker]:
    """One of each market. The caller uses get_prices, get_orderbook and get_historical_candles. Raises nothing."""
    price = await _prices(installation, markets)
    best, day_ago = await all_of(
        together((book(installation, *market, depth=1) for market in markets), AT_ONCE // 2),
        together((price_a_day_ago(installation, market) for market in markets), AT_ONCE // 2),
    )
    return [
        Ticker(market, price[market], top, before) for market, top, before in zip(markets, best, day_ago, strict=True)
    ]


async def _prices(installation: Installation, markets: Sequence[Market]) -> dict[Market, Decimal | CallError]:
    """One request an exchange."""
    pairs: dict[str, list[str]] = {}
    for market in markets:
        pairs.setdefault(market.connector, []).append(market.pair)
    answers = await together(prices(installation, connector, wanted) for connector, wanted in pairs.items())
    return {
        Market(connector, pair): one
        for connector, answer in zip(pairs, answers, strict=True)
        if not isinstance(answer, CallError)  # which `prices` never raises
        for pair, one in answer.items()
    }


async def price_a_day_ago(installation: Installation, market: Market) -> Decimal:
    """As `price_at`, 24 hours ago."""
    return await price_at(installation, market, now() - DAY)
