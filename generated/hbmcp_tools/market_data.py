"""Market data: prices, order books, candles and funding rates.

One function per tool: it turns the tool's arguments into the request to send.
"""

from decimal import Decimal
from typing import Any, Literal

from hbmcp.times import to_seconds
from hummingbot_api.api import market_data as market_data_api
from hummingbot_api.models.market_data import (
    CandlesConfigRequest,
    FundingInfoRequest,
    FundingInfoResponse,
    HistoricalCandlesConfig,
    OrderBookQueryResult,
    OrderBookRequest,
    OrderBookResponse,
    PriceForVolumeRequest,
    PriceRequest,
    PricesResponse,
    VolumeForPriceRequest,
    VWAPForVolumeRequest,
)
from hummingbot_api.request import Request


def get_prices(
    *,
    connector_name: str,
    trading_pairs: list[str],
) -> Request[PricesResponse]:
    """Current prices of pairs on one connector; one unknown pair fails all.

    POST /market-data/prices, risk: read.
    """
    return market_data_api.get_prices(
        body=PriceRequest(
            connector_name=connector_name,
            trading_pairs=trading_pairs,
        )
    )


def get_orderbook(
    *,
    connector_name: str,
    trading_pair: str,
    depth: int | None = None,
) -> Request[OrderBookResponse]:
    """Bids and asks, best first.

    POST /market-data/order-book, risk: read.

    Args:
        depth: Levels a side
    """
    return market_data_api.get_order_book(
        body=OrderBookRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            depth=depth,
        )
    )


def get_average_fill_price(
    *,
    connector_name: str,
    trading_pair: str,
    is_buy: bool,
    volume: Decimal,
) -> Request[OrderBookQueryResult]:
    """Average price a market order of this size would get from the book now, before fees.

    POST /market-data/order-book/vwap-for-volume, risk: read.

    Args:
        volume: Base units
    """
    return market_data_api.get_vwap_for_volume(
        body=VWAPForVolumeRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            is_buy=is_buy,
            volume=volume,
        )
    )


def get_worst_fill_price(
    *,
    connector_name: str,
    trading_pair: str,
    is_buy: bool,
    volume: Decimal,
) -> Request[OrderBookQueryResult]:
    """Price of the last book level a market order of this size would reach.

    POST /market-data/order-book/price-for-volume, risk: read.

    Args:
        volume: Base units
    """
    return market_data_api.get_price_for_volume(
        body=PriceForVolumeRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            is_buy=is_buy,
            volume=volume,
        )
    )


def get_volume_to_price(
    *,
    connector_name: str,
    trading_pair: str,
    is_buy: bool,
    price: Decimal,
) -> Request[OrderBookQueryResult]:
    """How many base units can be bought or sold before the book reaches a price.

    POST /market-data/order-book/volume-for-price, risk: read.
    """
    return market_data_api.get_volume_for_price(
        body=VolumeForPriceRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            is_buy=is_buy,
            price=price,
        )
    )


def get_funding_info(
    *,
    connector_name: str,
    trading_pair: str,
) -> Request[FundingInfoResponse]:
    """A perpetual's current funding rate, next funding time, mark and index price.

    POST /market-data/funding-info, risk: read.
    """
    return market_data_api.get_funding_info(
        body=FundingInfoRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
        )
    )


def get_candles(
    *,
    connector_name: str,
    trading_pair: str,
    interval: Literal[
        "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"
    ] = "1h",
    limit: int = 100,
) -> Request[Any]:
    """The latest candles (OHLCV); the first call for a pair takes seconds.

    POST /market-data/candles, risk: read.
    """
    return market_data_api.get_candles(
        body=CandlesConfigRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            interval=interval,
            max_records=limit,
        )
    )


def get_historical_candles(
    *,
    connector_name: str,
    trading_pair: str,
    interval: Literal[
        "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"
    ],
    start_time: str,
    end_time: str = "now",
) -> Request[Any]:
    """Candles of a past period.

    POST /market-data/historical-candles, risk: read.

    Args:
        start_time: e.g. 24h, or UTC time
    """
    return market_data_api.get_historical_candles(
        body=HistoricalCandlesConfig(
            connector_name=connector_name,
            trading_pair=trading_pair,
            interval=interval,
            start_time=to_seconds(start_time),
            end_time=to_seconds(end_time),
        )
    )
