"""System: disk, memory and health of the machine and the API.

One function per tool: it turns the tool's arguments into the request to send.
"""

from typing import Any

from hummingbot_api.api import connectors as connectors_api
from hummingbot_api.api import default as default_api
from hummingbot_api.api import market_data as market_data_api
from hummingbot_api.api import storage as storage_api
from hummingbot_api.api import system as system_api
from hummingbot_api.models.market_data import AddTradingPairRequest, RemoveTradingPairRequest, TradingPairResponse
from hummingbot_api.request import Request


def get_api_version() -> Request[Any]:
    """Name and version of the API.

    GET /, risk: read.
    """
    return default_api.root()


def get_system_resources() -> Request[Any]:
    """CPU, memory and disk of the API's machine, as get_status has them.

    GET /system/resources, risk: read.
    """
    return system_api.get_system_resources()


def get_storage_usage() -> Request[Any]:
    """What fills the disk: bot instances, archives, configs.

    GET /storage/, risk: read.
    """
    return storage_api.get_storage_overview()


def get_order_types(
    *,
    connector_name: str,
) -> Request[Any]:
    """Order types a connector supports.

    GET /connectors/{connector_name}/order-types, risk: read.
    """
    return connectors_api.get_supported_order_types(
        connector_name=connector_name,
    )


def get_market_data_feeds() -> Request[Any]:
    """Candle feeds now running and when each expires.

    GET /market-data/active-feeds, risk: read.
    """
    return market_data_api.get_active_feeds()


def get_market_data_settings() -> Request[Any]:
    """Seconds between feed clean-ups and until an unused feed expires.

    GET /market-data/settings, risk: read.
    """
    return market_data_api.get_market_data_settings()


def get_orderbook_diagnostics(
    *,
    connector_name: str,
    account_name: str | None = None,
) -> Request[Any]:
    """Whether a connector's order book streams are alive and which pairs they carry.

    GET /market-data/order-book/diagnostics/{connector_name}, risk: read.
    """
    return market_data_api.get_order_book_diagnostics(
        connector_name=connector_name,
        account_name=account_name,
    )


def restart_orderbook(
    *,
    connector_name: str,
    account_name: str | None = None,
) -> Request[Any]:
    """Restart a connector's order book streams when get_orderbook_diagnostics shows them stuck.

    POST /market-data/order-book/restart/{connector_name}, risk: write.
    """
    return market_data_api.restart_order_book_tracker(
        connector_name=connector_name,
        account_name=account_name,
    )


def get_candle_connectors() -> Request[Any]:
    """Connectors that offer candles.

    GET /market-data/available-candle-connectors, risk: read.
    """
    return market_data_api.get_available_candle_connectors()


def add_trading_pair(
    *,
    connector_name: str,
    trading_pair: str,
    account_name: str | None = None,
) -> Request[TradingPairResponse]:
    """Start the live order book of a pair that get_trading_rules has; if it fails, try once more.

    POST /market-data/trading-pair/add, risk: write.
    """
    return market_data_api.add_trading_pair(
        body=AddTradingPairRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            account_name=account_name,
        )
    )


def remove_trading_pair(
    *,
    connector_name: str,
    trading_pair: str,
    account_name: str | None = None,
) -> Request[TradingPairResponse]:
    """Stop the live order book of a pair; orders and positions stay.

    POST /market-data/trading-pair/remove, risk: write.
    """
    return market_data_api.remove_trading_pair(
        body=RemoveTradingPairRequest(
            connector_name=connector_name,
            trading_pair=trading_pair,
            account_name=account_name,
        )
    )
