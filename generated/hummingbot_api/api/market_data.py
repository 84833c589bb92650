from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.market_data import (
    AddTradingPairRequest,
    CandlesConfigRequest,
    FundingInfoRequest,
    FundingInfoResponse,
    HistoricalCandlesConfig,
    OrderBookQueryResult,
    OrderBookRequest,
    OrderBookResponse,
    PriceForQuoteVolumeRequest,
    PriceForVolumeRequest,
    PriceRequest,
    PricesResponse,
    QuoteVolumeForPriceRequest,
    RemoveTradingPairRequest,
    TradingPairResponse,
    VolumeForPriceRequest,
    VWAPForVolumeRequest,
)
from hummingbot_api.request import Request


def add_trading_pair(body: AddTradingPairRequest) -> Request[TradingPairResponse]:
    """Start the live order book of a pair that get_trading_rules has; if it fails, try once more.

    POST /market-data/trading-pair/add
    """
    return Request("POST", "/market-data/trading-pair/add", json=body.to_dict(), parse=TradingPairResponse.from_dict)


def get_active_feeds() -> Request[Any]:
    """Candle feeds now running and when each expires.

    GET /market-data/active-feeds
    """
    return Request("GET", "/market-data/active-feeds", parse=decode.anything)


def get_available_candle_connectors() -> Request[Any]:
    """Connectors that offer candles.

    GET /market-data/available-candle-connectors
    """
    return Request("GET", "/market-data/available-candle-connectors", parse=decode.anything)


def get_candles(body: CandlesConfigRequest) -> Request[Any]:
    """The latest candles (OHLCV); the first call for a pair takes seconds.

    POST /market-data/candles
    """
    return Request("POST", "/market-data/candles", json=body.to_dict(), parse=decode.anything)


def get_funding_info(body: FundingInfoRequest) -> Request[FundingInfoResponse]:
    """A perpetual's current funding rate, next funding time, mark and index price.

    POST /market-data/funding-info
    """
    return Request("POST", "/market-data/funding-info", json=body.to_dict(), parse=FundingInfoResponse.from_dict)


def get_historical_candles(body: HistoricalCandlesConfig) -> Request[Any]:
    """Candles of a past period.

    POST /market-data/historical-candles
    """
    return Request("POST", "/market-data/historical-candles", json=body.to_dict(), parse=decode.anything)


def get_market_data_settings() -> Request[Any]:
    """Seconds between feed clean-ups and until an unused feed expires.

    GET /market-data/settings
    """
    return Request("GET", "/market-data/settings", parse=decode.anything)


def get_order_book(body: OrderBookRequest) -> Request[OrderBookResponse]:
    """Bids and asks, best first.

    POST /market-data/order-book
    """
    return Request("POST", "/market-data/order-book", json=body.to_dict(), parse=OrderBookResponse.from_dict)


def get_order_book_diagnostics(connector_name: str, *, account_name: str | None = None) -> Request[Any]:
    """Whether a connector's order book streams are alive and which pairs they carry.

    GET /market-data/order-book/diagnostics/{connector_name}
    """
    return Request(
        "GET",
        encode.path("/market-data/order-book/diagnostics/{}", connector_name),
        query=encode.form({"account_name": account_name}),
        parse=decode.anything,
    )


def get_price_for_quote_volume(body: PriceForQuoteVolumeRequest) -> Request[OrderBookQueryResult]:
    """POST /market-data/order-book/price-for-quote-volume"""
    return Request(
        "POST",
        "/market-data/order-book/price-for-quote-volume",
        json=body.to_dict(),
        parse=OrderBookQueryResult.from_dict,
    )


def get_price_for_volume(body: PriceForVolumeRequest) -> Request[OrderBookQueryResult]:
    """Price of the last book level a market order of this size would reach.

    POST /market-data/order-book/price-for-volume
    """
    return Request(
        "POST", "/market-data/order-book/price-for-volume", json=body.to_dict(), parse=OrderBookQueryResult.from_dict
    )


def get_prices(body: PriceRequest) -> Request[PricesResponse]:
    """Current prices of pairs on one connector; one unknown pair fails all.

    POST /market-data/prices
    """
    return Request("POST", "/market-data/prices", json=body.to_dict(), parse=PricesResponse.from_dict)


def get_quote_volume_for_price(body: QuoteVolumeForPriceRequest) -> Request[OrderBookQueryResult]:
    """POST /market-data/order-book/quote-volume-for-price"""
    return Request(
        "POST",
        "/market-data/order-book/quote-volume-for-price",
        json=body.to_dict(),
        parse=OrderBookQueryResult.from_dict,
    )


def get_volume_for_price(body: VolumeForPriceRequest) -> Request[OrderBookQueryResult]:
    """How many base units can be bought or sold before the book reaches a price.

    POST /market-data/order-book/volume-for-price
    """
    return Request(
        "POST", "/market-data/order-book/volume-for-price", json=body.to_dict(), parse=OrderBookQueryResult.from_dict
    )


def get_vwap_for_volume(body: VWAPForVolumeRequest) -> Request[OrderBookQueryResult]:
    """Average price a market order of this size would get from the book now, before fees.

    POST /market-data/order-book/vwap-for-volume
    """
    return Request(
        "POST", "/market-data/order-book/vwap-for-volume", json=body.to_dict(), parse=OrderBookQueryResult.from_dict
    )


def remove_trading_pair(body: RemoveTradingPairRequest) -> Request[TradingPairResponse]:
    """Stop the live order book of a pair; orders and positions stay.

    POST /market-data/trading-pair/remove
    """
    return Request("POST", "/market-data/trading-pair/remove", json=body.to_dict(), parse=TradingPairResponse.from_dict)


def restart_order_book_tracker(connector_name: str, *, account_name: str | None = None) -> Request[Any]:
    """Restart a connector's order book streams when get_orderbook_diagnostics shows them stuck.

    POST /market-data/order-book/restart/{connector_name}
    """
    return Request(
        "POST",
        encode.path("/market-data/order-book/restart/{}", connector_name),
        query=encode.form({"account_name": account_name}),
        parse=decode.anything,
    )
