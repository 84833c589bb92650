"""Past candles of a market."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from attrs import frozen

from hbmcp.errors import ApiFailed
from hbmcp.installation.answer_fields import Fields, array, number
from hbmcp.installation.installation import Installation
from hbmcp.installation.markets.trading_pairs import Market
from hbmcp.times import DAY, HOUR, MINUTE
from hbmcp_tools import market_data
from hummingbot_api.request import Json

PATIENCE = 10.0  # seconds: what is told by candles is worth little when it is late
_QUIET = 10 * MINUTE  # so long a market may be without a trade

Interval = Literal["1m", "5m", "1h", "1d"]
LENGTHS: dict[Interval, int] = {"1m": MINUTE, "5m": 5 * MINUTE, "1h": HOUR, "1d": DAY}
AT_MOST = 500  # candles


@frozen
class Candle:
    """It `begins` at that epoch ms."""

    begins: int
    low: Decimal
    high: Decimal
    close: Decimal


def interval_for(length: int) -> Interval:
    """The shortest of which no more than AT_MOST cover so many ms."""
    return next((one for one, each in LENGTHS.items() if length <= AT_MOST * each), "1d")


async def candles(
    installation: Installation, market: Market, interval: Interval, start: int, end: int
) -> Sequence[Candle]:
    """Those that begin from `start` to `end`, in epoch ms, oldest first. The caller uses get_historical_candles: the
    latest candles would start a feed that the API keeps. Raises CallError."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await installation.read(
                array(_candle),
                market_data.get_historical_candles,
                connector_name=market.connector,
                trading_pair=market.pair,
                interval=interval,
                start_time=str(start),
                end_time=str(end),
            )
    except TimeoutError:
        raise ApiFailed(f"candles took longer than {PATIENCE:g} s.") from None


async def price_at(installation: Installation, market: Market, then: int) -> Decimal:
    """The close of the last minute that had ended then. As `candles`."""
    found = await candles(installation, market, "1m", then - _QUIET, then)
    closes = [one.close for one in found if one.begins + MINUTE <= then]
    if not closes or not closes[-1]:
        raise ApiFailed("the exchange has no candle of that time.")
    return closes[-1]


def _candle(row: Json) -> Candle:
    fields = Fields(row)
    low, high, close = (fields.needed(name, number) for name in ("low", "high", "close"))
    return Candle(int(fields.needed("timestamp", number) * 1000), low, high, close)
