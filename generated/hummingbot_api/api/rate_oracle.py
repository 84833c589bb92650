from typing import Any

from hummingbot_api import decode, encode
from hummingbot_api.models.rate_oracle import (
    RateOracleConfigResponse,
    RateOracleConfigUpdateRequest,
    RateOracleConfigUpdateResponse,
    RateRequest,
    RateResponse,
    SingleRateResponse,
)
from hummingbot_api.request import Request


def get_available_sources() -> Request[list[str]]:
    """Sources that set_rate_oracle accepts.

    GET /rate-oracle/sources
    """
    return Request("GET", "/rate-oracle/sources", parse=decode.array(decode.text))


def get_cached_prices() -> Request[Any]:
    """Every rate in the oracle's cache (long), with the source in use.

    GET /rate-oracle/prices
    """
    return Request("GET", "/rate-oracle/prices", parse=decode.anything)


def get_rate_async(trading_pair: str) -> Request[SingleRateResponse]:
    """A pair's conversion rate now, from the oracle's source.

    GET /rate-oracle/rate-async/{trading_pair}
    """
    return Request("GET", encode.path("/rate-oracle/rate-async/{}", trading_pair), parse=SingleRateResponse.from_dict)


def get_rate_oracle_config() -> Request[RateOracleConfigResponse]:
    """Configured rate source and quote token.

    GET /rate-oracle/config
    """
    return Request("GET", "/rate-oracle/config", parse=RateOracleConfigResponse.from_dict)


def get_rates(body: RateRequest) -> Request[RateResponse]:
    """Cached conversion rates of pairs, which value the portfolio; for trading use get_ticker.

    POST /rate-oracle/rates
    """
    return Request("POST", "/rate-oracle/rates", json=body.to_dict(), parse=RateResponse.from_dict)


def get_single_rate(trading_pair: str) -> Request[SingleRateResponse]:
    """GET /rate-oracle/rate/{trading_pair}"""
    return Request("GET", encode.path("/rate-oracle/rate/{}", trading_pair), parse=SingleRateResponse.from_dict)


def update_rate_oracle_config(body: RateOracleConfigUpdateRequest) -> Request[RateOracleConfigUpdateResponse]:
    """Set source or quote token of all portfolio values, at once and lasting.

    PUT /rate-oracle/config
    """
    return Request("PUT", "/rate-oracle/config", json=body.to_dict(), parse=RateOracleConfigUpdateResponse.from_dict)
